"""The simulated shop against its own story, scikit-learn and repeated coin throws."""

import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from aigc_lessons.data.tables import VISITOR_COLUMNS, Visitors, log_odds, visitors
from aigc_lessons.errors import CourseError


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def crowd() -> Visitors:
    return visitors(40_000, generator())


def share(mask: torch.Tensor) -> float:
    return mask.double().mean().item()


def test_columns_hold_what_they_promise(crowd: Visitors) -> None:
    assert tuple(crowd.table) == tuple(column.name for column in crowd.columns)
    kinds = {"flag": torch.bool, "number": torch.float64}
    for column in crowd.columns:
        values = crowd.table[column.name]
        assert values.shape == (len(crowd),) == (40_000,)
        assert values.dtype == kinds.get(column.kind, torch.int64)
        assert values.min() >= 0
        if column.kind == "category":
            assert values.unique().tolist() == list(range(len(column.categories)))
    assert crowd.table["hour"].unique().tolist() == list(range(24))
    assert crowd.table["pages"].min() == 1
    assert crowd.table["minutes"].min() > 0 < crowd.table["basket"].min()
    assert 0.15 < share(crowd.purchased) < 0.20


def test_the_story_is_in_the_columns(crowd: Visitors) -> None:
    code = {
        (column.name, value): number
        for column in VISITOR_COLUMNS
        for number, value in enumerate(column.categories)
    }

    def among(column: str, value: str) -> torch.Tensor:
        return crowd.table[column] == code[column, value]

    returning, hour = crowd.table["returning"], crowd.table["hour"]
    email, newsletter = among("channel", "email"), among("weekday", "Tue") | among("weekday", "Thu")
    weekend = among("weekday", "Sat") | among("weekday", "Sun")
    assert share(email[newsletter]) > 2 * share(email[~newsletter])
    assert share(weekend) == pytest.approx(2.8 / 7.8, abs=0.01)
    assert share(returning[email]) == pytest.approx(0.9, abs=0.02)
    assert share(returning[among("channel", "ad")]) == pytest.approx(0.1, abs=0.02)
    office = ~weekend & (hour >= 9) & (hour < 17)
    computer = among("device", "computer")
    assert share(computer[office]) > share(computer[~office]) + 0.1
    logs = torch.stack([crowd.table[c].double().log() for c in ("pages", "minutes", "basket")])
    correlation = torch.corrcoef(logs)
    assert correlation[0, 1] > 0.7 and 0.3 < correlation[0, 2] < 0.7
    pages = crowd.table["pages"].double()
    assert pages[among("device", "phone")].mean() < pages[computer].mean() - 1


def test_purchases_are_coins_with_the_stated_probability(crowd: Visitors) -> None:
    p, bought = crowd.probability, crowd.purchased.double()
    edges = p.quantile(torch.linspace(0, 1, 21, dtype=p.dtype))[1:-1]
    group = torch.bucketize(p, edges)
    for number in range(20):
        chosen = group == number
        error = (p[chosen] * (1 - p[chosen])).sum().sqrt()
        assert abs((bought[chosen] - p[chosen]).sum()) < 4 * error
    assert torch.equal(p, log_odds(crowd.table).sigmoid())


def test_the_best_scores_are_those_of_the_truth_on_redrawn_purchases(crowd: Visitors) -> None:
    some = crowd.rows(torch.arange(5_000))
    p = some.probability.numpy()
    losses, areas = [], []
    for seed in range(40):
        again = torch.rand(len(p), generator=generator(seed), dtype=torch.float64).numpy() < p
        losses.append(log_loss(again, p))
        areas.append(roc_auc_score(again, p))
    for best, values in ((some.best_log_loss(), losses), (some.best_auc(), areas)):
        values = torch.tensor(values)
        error = values.std().item() / math.sqrt(len(values))
        assert values.mean().item() == pytest.approx(best, abs=4 * error)


def test_the_best_area_counts_pairs_of_different_rows_and_ties_half() -> None:
    p = torch.tensor([0.2, 0.7, 0.7, 0.4], dtype=torch.float64)
    weight = p[:, None] * (1 - p)  # row i buys, row j does not
    weight.fill_diagonal_(0)
    right = (p[:, None] > p).double() + 0.5 * (p[:, None] == p)
    expected = ((weight * right).sum() / weight.sum()).item()
    tiny = Visitors((), {}, torch.zeros(4, dtype=torch.bool), p)
    assert tiny.best_auc() == pytest.approx(expected, rel=1e-12)


def test_no_fitted_model_beats_the_truth_but_one_with_the_right_features_comes_close(
    crowd: Visitors,
) -> None:
    matrix, names = crowd.design_matrix()
    column = dict(zip(names, matrix.T, strict=True))
    evening = (column["hour"] >= 18) & (column["hour"] < 23)
    logs = [column["minutes"].log(), column["basket"].log()]
    known = torch.stack([*logs, evening.float(), (column["basket"] >= 50).float()], dim=1)
    kept = [i for i, name in enumerate(names) if name.split("=")[0] in ("channel", "device")]
    right = torch.cat([matrix[:, kept], column["returning"][:, None], known], dim=1)
    train, test = slice(0, 20_000), crowd.rows(torch.arange(20_000, 40_000))
    model = LogisticRegression(C=1e6, max_iter=2_000)
    model.fit(right[train], crowd.purchased[train])
    guess = torch.as_tensor(model.predict_proba(right[20_000:])[:, 1], dtype=torch.float64)
    p = test.probability
    expected_loss = -(p * guess.log() + (1 - p) * (1 - guess).log()).mean().item()
    assert test.best_log_loss() < expected_loss < test.best_log_loss() + 0.002
    effects = dict(zip(["minutes", "basket", "evening", "free"], model.coef_[0, -4:], strict=True))
    assert effects == pytest.approx(
        {"minutes": 0.7, "basket": -0.9, "evening": 0.4, "free": 1.2}, abs=0.25
    )


def test_the_design_matrix_says_the_same_as_the_table(crowd: Visitors) -> None:
    some = crowd.rows(torch.arange(100))
    matrix, names = some.design_matrix()
    assert matrix.shape == (100, len(names)) == (100, 7 + 1 + 5 + 3 + 4)
    assert matrix.dtype == torch.float32
    for column in some.columns:
        mine = [i for i, name in enumerate(names) if name.split("=")[0] == column.name]
        if column.kind == "category":
            assert tuple(names[i].split("=")[1] for i in mine) == column.categories
            assert torch.equal(matrix[:, mine].argmax(dim=1), some.table[column.name])
            assert torch.equal(matrix[:, mine].sum(dim=1), torch.ones(100))
        else:
            assert torch.equal(matrix[:, mine[0]], some.table[column.name].float())


def test_visitors_depend_on_the_generator_alone() -> None:
    torch.manual_seed(1)
    first = visitors(50, generator(3))
    torch.manual_seed(2)
    again, other = visitors(50, generator(3)), visitors(50, generator(4))
    assert all(torch.equal(first.table[c], again.table[c]) for c in first.table)
    assert torch.equal(first.purchased, again.purchased)
    assert not torch.equal(first.probability, other.probability)


def test_rows_keep_everything_together(crowd: Visitors) -> None:
    buyers = crowd.rows(crowd.purchased)
    assert len(buyers) == int(crowd.purchased.sum()) and bool(buyers.purchased.all())
    assert torch.equal(buyers.probability, log_odds(buyers.table).sigmoid())


@pytest.mark.parametrize("count", [0, -1, 2.5, True, "3"])
def test_an_impossible_number_of_visitors_is_refused(count) -> None:
    with pytest.raises(CourseError, match="whole number"):
        visitors(count, generator())
