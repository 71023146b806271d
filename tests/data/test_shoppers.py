"""The Online Shoppers file: what is read, what is left out, what is refused."""

from pathlib import Path

import pytest
import torch

from aigc_lessons.data.download import data_folder
from aigc_lessons.data.shoppers import SHOPPER_COLUMNS, online_shoppers, read_shoppers
from aigc_lessons.errors import CourseError

HEADER = ",".join(column.name for column in SHOPPER_COLUMNS) + ",Revenue"
FIRST = "2,16,0,-1,16,381.5,0.01,0.04,0,0.6,Feb,2,4,2,1,Returning_Visitor,FALSE,FALSE"
SECOND = "0,0,1,9,3,30,0,0.1,22.5,0,Dec,8,13,9,20,Other,TRUE,TRUE"
MISSING = ",,,,,,,,0,0,Mar,2,2,1,2,Returning_Visitor,FALSE,FALSE"


def file(folder: Path, *lines: str) -> Path:
    path = folder / "visits.csv"
    path.write_bytes("\r\n".join(lines).encode())
    return path


def test_fields_keep_their_values_and_incomplete_visits_are_left_out(tmp_path) -> None:
    visits = read_shoppers(file(tmp_path, HEADER, FIRST, MISSING, SECOND))
    assert len(visits) == 2 and visits.purchased.tolist() == [False, True]
    table = {name: values.tolist() for name, values in visits.table.items()}
    assert table["Administrative"] == [2, 0] and table["Informational_Duration"] == [-1.0, 9.0]
    assert table["ProductRelated_Duration"] == [381.5, 30.0]
    assert table["Month"] == [0, 9] and table["TrafficType"] == [0, 19]
    assert table["VisitorType"] == [0, 2] and table["Weekend"] == [False, True]
    matrix, names = visits.design_matrix()
    row = dict(zip(names, matrix[1].tolist(), strict=True))
    assert row["Browser=13"] == row["Month=Dec"] == row["Weekend"] == 1
    assert row["PageValues"] == 22.5 and row["Month=Feb"] == 0


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER.replace("Region", "Country"), FIRST], "line 1: expected the header Admin"),
        ([], "line 1: expected the header"),
        ([HEADER, FIRST, FIRST + ",1"], "line 3: expected 18 fields, found 19"),
        ([HEADER, FIRST, "", SECOND], "line 3: expected 18 fields, found 0"),
        ([HEADER, FIRST.replace("381.5", "much")], "line 2: ProductRelated_Duration is 'much'"),
        ([HEADER, FIRST.replace("381.5", "nan")], "'nan', expected a finite number"),
        ([HEADER, FIRST.replace("2,16,", "2.5,16,")], "Administrative is '2.5', expected a whole"),
        ([HEADER, FIRST.replace("Feb", "Jan")], "Month is 'Jan', expected one of Feb, Mar"),
        ([HEADER, FIRST.replace("FALSE", "no")], "Weekend is 'no', expected TRUE or FALSE"),
        ([HEADER, MISSING], "no complete visit"),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(tmp_path, lines, message) -> None:
    with pytest.raises(CourseError, match=message):
        read_shoppers(file(tmp_path, *lines))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_bytes(HEADER.encode() + b"\r\n\xff\xfe")
    with pytest.raises(CourseError, match="not a CSV file in UTF-8"):
        read_shoppers(path)


def test_the_official_file_has_the_published_numbers() -> None:
    if not (data_folder() / "tabular/online_shoppers_intention.csv").is_file():
        pytest.skip("AIGC_DATA has no Online Shoppers file")
    visits = online_shoppers()
    assert len(visits) == 12_330 - 14
    assert int(visits.purchased.sum()) == 1_908
    for column in visits.columns:
        if column.kind == "category":
            codes = visits.table[column.name].unique()
            assert torch.equal(codes, torch.arange(len(column.categories)))
