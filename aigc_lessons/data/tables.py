"""Tables of shop visits, and a simulated shop whose truth is known.

`Visits` are columns of several kinds and whether the visit ended in a purchase. Numbers are
left as they are recorded, because scaling belongs to a model and is learnt from training rows only.
"""

from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError


@dataclass(frozen=True)
class Column:
    """What a column of a table holds.

    Attributes:
        name: the name of the column.
        kind: "category", "count" (whole numbers, 0 or more), "number" (real) or "flag".
        unit: the unit of a number or count; empty for categories and flags.
        categories: what the codes 0, 1, ... of a category mean.
    """

    name: str
    kind: str
    unit: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Visits:
    """Visits to a web shop, N rows.

    Attributes:
        columns: the columns in their order.
        table: name of a column → its values, (N,): int64 for categories (codes) and counts,
            float64 for numbers, bool for flags.
        purchased: whether the visit ended in a purchase, (N,), bool.
    """

    columns: tuple[Column, ...]
    table: dict[str, Tensor] = field(repr=False)
    purchased: Tensor = field(repr=False)

    def __len__(self) -> int:
        return len(self.purchased)

    def rows(self, index: Tensor) -> Self:
        """Return some of the visits.

        Args:
            index: row numbers, int64, or a mask (N,), bool.
        """
        table = {name: values[index] for name, values in self.table.items()}
        return replace(self, table=table, purchased=self.purchased[index])

    def design_matrix(self) -> tuple[Tensor, list[str]]:
        """Turn the columns into numbers that a model can read.

        A category becomes one column of 0 and 1 for each of its values ("one-hot"), named
        "column=value". Everything else stays one column, unscaled.

        Returns:
            the matrix (N, D), float32, and the D names of its columns.
        """
        parts, names = [], []
        for column in self.columns:
            values = self.table[column.name]
            if column.kind == "category":
                codes = torch.arange(len(column.categories))
                parts.append((values[:, None] == codes).float())
                names += [f"{column.name}={value}" for value in column.categories]
            else:
                parts.append(values[:, None].float())
                names.append(column.name)
        return torch.cat(parts, dim=1), names


@dataclass(frozen=True)
class Visitors(Visits):
    """Simulated visits, with the truth that real data hide.

    Attributes:
        probability: each visit's true probability of a purchase given its columns, (N,), float64.
            `purchased` is a coin thrown with it, so no model can know more.
    """

    probability: Tensor = field(repr=False)

    def rows(self, index: Tensor) -> Self:
        """Return some of the visits.

        Args:
            index: row numbers, int64, or a mask (N,), bool.
        """
        return replace(super().rows(index), probability=self.probability[index])

    def best_log_loss(self) -> float:
        """Return the least log-loss that any model can expect on these rows, nats per visit.

        It is the mean entropy of the coins, and the true probabilities reach it.
        """
        p = self.probability
        entropy = -torch.special.xlogy(p, p) - torch.special.xlogy(1 - p, 1 - p)
        return float(entropy.mean())

    def best_auc(self) -> float:
        """Return the greatest area under the ROC curve that any model can expect on these rows.

        The area is the share of pairs (a buyer, a non-buyer) in which the buyer has the higher
        score, a tie counted half (Hanley and McNeil, 1982). Row i buys and row j does not with
        probability p_i (1 - p_j): the result is the weight of the pairs with p_i > p_j, divided by
        the weight of all pairs i ≠ j.
        """
        p = self.probability
        _, group = torch.unique(p, return_inverse=True)  # in rising order, equal p together
        buys = torch.zeros(int(group.max()) + 1, dtype=p.dtype).index_add_(0, group, p)
        leaves = torch.zeros_like(buys).index_add_(0, group, 1 - p)
        below = leaves.cumsum(0) - leaves
        with_itself = (p * (1 - p)).sum()
        right = (buys * (below + leaves / 2)).sum() - with_itself / 2
        return float(right / (buys.sum() * leaves.sum() - with_itself))


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Share of each channel, of devices by channel, and of returning visitors by channel.
CHANNELS = {"search": 0.38, "direct": 0.24, "social": 0.16, "ad": 0.12, "email": 0.10}
DEVICES = {
    "phone": {"search": 0.50, "direct": 0.40, "social": 0.80, "ad": 0.65, "email": 0.35},
    "computer": {"search": 0.42, "direct": 0.52, "social": 0.12, "ad": 0.25, "email": 0.55},
    "tablet": {"search": 0.08, "direct": 0.08, "social": 0.08, "ad": 0.10, "email": 0.10},
}
RETURNING = {"search": 0.25, "direct": 0.70, "social": 0.15, "ad": 0.10, "email": 0.90}
# What each thing adds to the log-odds of a purchase.
CHANNEL_EFFECT = {"search": 0.0, "direct": 0.2, "social": -0.7, "ad": -0.4, "email": 0.6}
DEVICE_EFFECT = {"phone": -0.6, "computer": 0.0, "tablet": -0.2}
FREE_DELIVERY = 50.0  # euros

VISITOR_COLUMNS = (
    Column("weekday", "category", categories=WEEKDAYS),
    Column("hour", "count", "hours since midnight"),
    Column("channel", "category", categories=tuple(CHANNELS)),
    Column("device", "category", categories=tuple(DEVICES)),
    Column("returning", "flag"),
    Column("pages", "count", "pages"),
    Column("minutes", "number", "minutes"),
    Column("basket", "number", "euros"),
)


def visitors(n: int, generator: torch.Generator) -> Visitors:
    """Simulate visits to a web shop that put something into the basket. They are synthetic.

    The story, in the order of its causes:

    1. A visit falls on a weekday, more often on Saturday and Sunday. Its hour peaks at lunch and in
       the evening on working days, and in the afternoon at the weekend.
    2. It comes by a channel. The newsletter goes out on Tuesday and Thursday: on these days
       e-mail brings three times as many.
    3. The channel decides how likely each device is, and in office hours (9 to 17 on working days)
       computers are twice as likely.
    4. The channel decides how likely the visitor has been here before.
    5. Visitors see 1 + Poisson pages, fewer on a phone, fewer when they return and know the shop.
    6. The minutes grow with the pages, the basket's value grows with the square root of the pages.
    7. The log-odds of a purchase are `log_odds`, a function of the columns and of nothing else.

    Args:
        n: how many visits, at least 1.
        generator: the source of all randomness.

    Raises:
        CourseError: n is not a whole number of at least 1.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise CourseError(f"The number of visitors is a whole number of at least 1, not {n!r}.")
    weekday = _draw(torch.tensor([1, 1, 1, 1, 1, 1.4, 1.4]).expand(n, 7), generator)
    weekend = weekday >= 5
    hour = _draw(_hour_weights()[weekend.long()], generator)
    weights = torch.tensor(list(CHANNELS.values())).repeat(n, 1)
    weights[(weekday == 1) | (weekday == 3), list(CHANNELS).index("email")] *= 3
    channel = _draw(weights, generator)
    weights = torch.tensor([[row[c] for row in DEVICES.values()] for c in CHANNELS])[channel]
    office = ~weekend & (hour >= 9) & (hour < 17)
    weights[office, list(DEVICES).index("computer")] *= 2
    device = _draw(weights, generator)
    known = torch.tensor([RETURNING[c] for c in CHANNELS], dtype=torch.float64)[channel]
    returning = torch.rand(n, generator=generator, dtype=torch.float64) < known
    phone = device == list(DEVICES).index("phone")
    interest = 0.5 * _noise(n, generator) - 0.3 * phone - 0.2 * returning
    pages = 1 + torch.poisson(8 * interest.exp(), generator=generator).long()
    minutes = 0.9 * pages * (0.5 * _noise(n, generator)).exp()
    basket = 14 * pages.sqrt() * (0.6 * _noise(n, generator)).exp()
    values = (weekday, hour, channel, device, returning, pages, minutes, basket)
    table = dict(zip((c.name for c in VISITOR_COLUMNS), values, strict=True))
    # A shop records tenths of minutes and cents; the truth is a function of what is recorded.
    table["minutes"] = (10 * minutes).round().clamp(min=1) / 10
    table["basket"] = (100 * basket).round().clamp(min=100) / 100
    probability = log_odds(table).sigmoid()
    purchased = torch.rand(n, generator=generator, dtype=torch.float64) < probability
    return Visitors(VISITOR_COLUMNS, table, purchased, probability)


def log_odds(table: dict[str, Tensor]) -> Tensor:
    """Return the true log-odds log(p / (1 - p)) of a purchase in the simulated shop, (N,), float64.

    Returning visitors buy more often, and so do those who come by e-mail or at a computer, who take
    their time, or who come in the evening. An expensive basket is abandoned more often; but from 50
    euros upwards delivery is free, a jump that no straight line follows.

    Args:
        table: the columns of `VISITOR_COLUMNS`, as in `Visits.table`.
    """
    channel = torch.tensor([CHANNEL_EFFECT[c] for c in CHANNELS], dtype=torch.float64)
    device = torch.tensor([DEVICE_EFFECT[d] for d in DEVICES], dtype=torch.float64)
    hour, basket = table["hour"], table["basket"]
    return (
        -2.95
        + channel[table["channel"]]
        + device[table["device"]]
        + 1.1 * table["returning"]
        + 0.7 * (table["minutes"] / 6).log()
        + 0.4 * ((hour >= 18) & (hour < 23))
        - 0.9 * (basket / FREE_DELIVERY).log()
        + 1.2 * (basket >= FREE_DELIVERY)
    )


def _hour_weights() -> Tensor:
    """Return the weights of the 24 hours on a working day and at the weekend, (2, 24)."""
    hour = torch.arange(24.0)

    def peak(centre: float, width: float) -> Tensor:
        return torch.exp(-((hour - centre) ** 2) / (2 * width**2))

    working_day = 0.05 + 0.6 * peak(12.5, 2) + peak(20, 2)
    return torch.stack((working_day, 0.05 + peak(15.5, 3.5)))


def _draw(weights: Tensor, generator: torch.Generator) -> Tensor:
    """Draw one code per row in proportion to the weights (N, K)."""
    return torch.multinomial(weights, 1, generator=generator)[:, 0]


def _noise(n: int, generator: torch.Generator) -> Tensor:
    return torch.randn(n, generator=generator, dtype=torch.float64)
