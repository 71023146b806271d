"""Real visits to a web shop: the Online Shoppers Purchasing Intention data."""

import csv
import math
from pathlib import Path

import torch

from aigc_lessons.data.download import fetch
from aigc_lessons.data.tables import Column, Visits
from aigc_lessons.errors import CourseError

_MONTHS = ("Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_VISITORS = ("Returning_Visitor", "New_Visitor", "Other")


def _numbers(largest: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, largest + 1))


SHOPPER_COLUMNS = (
    Column("Administrative", "count", "pages"),
    Column("Administrative_Duration", "number", "seconds"),
    Column("Informational", "count", "pages"),
    Column("Informational_Duration", "number", "seconds"),
    Column("ProductRelated", "count", "pages"),
    Column("ProductRelated_Duration", "number", "seconds"),
    Column("BounceRates", "number", "share"),
    Column("ExitRates", "number", "share"),
    Column("PageValues", "number", "value"),
    Column("SpecialDay", "number", "closeness"),
    Column("Month", "category", categories=_MONTHS),
    Column("OperatingSystems", "category", categories=_numbers(8)),
    Column("Browser", "category", categories=_numbers(13)),
    Column("Region", "category", categories=_numbers(9)),
    Column("TrafficType", "category", categories=_numbers(20)),
    Column("VisitorType", "category", categories=_VISITORS),
    Column("Weekend", "flag"),
)
_TARGET = Column("Revenue", "flag")


def online_shoppers() -> Visits:
    """Return the visits of the Online Shoppers data that are complete (Sakar et al., 2019).

    12,330 visits to a shop within a year, each by another visitor, described by page counts, times
    and technical codes. CC BY 4.0. In the copy that is fetched, 14 visits lack their page counts;
    they are left out, which leaves 12,316. It also has durations of -1, which stay. The file is
    downloaded, or read from the data folder.

    Raises:
        CourseError: the file is missing and cannot be fetched, is not the official one, or has a
            line that cannot be read; the message gives its number.
    """
    return read_shoppers(fetch("tabular/online_shoppers_intention.csv"))


def read_shoppers(path: Path) -> Visits:
    """Read a file of the Online Shoppers data. Lines with an empty field are left out.

    Raises:
        CourseError: another header, a line with more or fewer fields, or a field that is not of
            its column's kind; the message gives the number of the line.
    """
    columns = (*SHOPPER_COLUMNS, _TARGET)
    values: list[list[float]] = [[] for _ in columns]
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            lines = csv.reader(stream)
            if next(lines, []) != [column.name for column in columns]:
                names = ", ".join(column.name for column in columns)
                raise CourseError(f"{path}, line 1: expected the header {names}. {_AGAIN}")
            for fields in lines:
                place = f"{path}, line {lines.line_num:,}"
                if len(fields) != len(columns):
                    raise CourseError(
                        f"{place}: expected {len(columns)} fields, found {len(fields)}. {_AGAIN}"
                    )
                if "" in fields:
                    continue
                for column, field, so_far in zip(columns, fields, values, strict=True):
                    so_far.append(_value(column, field, place))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"{path} is not a CSV file in UTF-8 ({error}). {_AGAIN}") from error
    if not values[0]:
        raise CourseError(f"{path} holds no complete visit. {_AGAIN}")
    dtypes = {"number": torch.float64, "flag": torch.bool}
    *tensors, purchased = (
        torch.tensor(its, dtype=dtypes.get(column.kind, torch.int64))
        for column, its in zip(columns, values, strict=True)
    )
    table = {c.name: its for c, its in zip(SHOPPER_COLUMNS, tensors, strict=True)}
    return Visits(SHOPPER_COLUMNS, table, purchased)


def _value(column: Column, field: str, place: str) -> float:
    """Return a field as a number: the code of a category, 0 or 1 of a flag."""
    if column.kind == "category" and field in column.categories:
        return column.categories.index(field)
    if column.kind == "flag" and field in ("FALSE", "TRUE"):
        return field == "TRUE"
    if column.kind == "count" and field.isascii() and field.isdigit():
        return int(field)
    if column.kind == "number":
        try:
            number = float(field)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    expected = {
        "category": f"one of {', '.join(column.categories)}",
        "flag": "TRUE or FALSE",
        "count": "a whole number of at least 0",
        "number": "a finite number",
    }[column.kind]
    raise CourseError(f"{place}: {column.name} is {field!r}, expected {expected}. {_AGAIN}")


_AGAIN = "Move or delete the file, then fetch it again."
