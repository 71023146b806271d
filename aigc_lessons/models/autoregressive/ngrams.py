"""A model that counts: n-grams of characters with interpolated Kneser-Ney smoothing."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from aigc_lessons.errors import CourseError, count

EDGE = "\n"  # begins and ends a text


class KneserNey:
    """Interpolated Kneser-Ney smoothing (Kneser and Ney, 1995; Chen and Goodman, 1999).

    The longest contexts, and those that reach back to the beginning of a text, count how often a
    symbol follows. A shorter context counts after how many different symbols it was followed so.
    Every count is lowered by a discount, and what is taken goes to the next shorter context; what
    the empty context gives away is spread evenly over all symbols.

    Attributes:
        tables: context -> symbol -> count.
        order: n; a context has n - 1 symbols at most.
    """

    def __init__(self, texts: Sequence[str], order: int, symbols: Sequence[str]) -> None:
        """Count.

        Args:
            texts: to learn from.
            order: n.
            symbols: those that can occur, without the end of a text.

        Raises:
            CourseError: an order below 1, no text, or a text with the symbol that ends texts.
        """
        self.order = count(order, "The order")
        self.symbols = (EDGE, *symbols)
        if isinstance(texts, str) or not texts or any(EDGE in text for text in texts):
            raise CourseError("Give a list of one or more texts, none with a line break.")
        self.tables: dict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            edged = EDGE + text + EDGE
            for place in range(1, len(edged)):
                for start in range(max(0, place - order + 1), place + 1):
                    table = self.tables[edged[start:place]]
                    table[edged[place]] += 1
                    if table[edged[place]] > 1:  # a shorter context has counted this one
                        break
        self._totals = {context: table.total() for context, table in self.tables.items()}

    def probability(self, before: str, symbol: str, discounts: Sequence[float]) -> float:
        """Return p(symbol | what stands before it in the text).

        Args:
            before: the text so far, from its beginning.
            symbol: a character, or ``EDGE`` for the end of the text.
            discounts: from 0 to 1, one for each length of context, 0 to n - 1.
        """
        seen = EDGE + before
        p = 1 / len(self.symbols)
        for length in range(min(self.order, len(seen) + 1)):
            context = seen[len(seen) - length :]
            if context not in self._totals:  # nor is a longer one
                break
            table, discount = self.tables[context], discounts[length]
            kept = max(table.get(symbol, 0) - discount, 0.0)
            p = (kept + discount * len(table) * p) / self._totals[context]
        return p

    def negative_log_likelihood(self, texts: Sequence[str], discounts: Sequence[float]) -> float:
        """Return the nats of some texts, their ends included, as a sum."""
        return -sum(
            math.log(self.probability(text[:place], symbol, discounts))
            for text in texts
            for place, symbol in enumerate(text + EDGE)
        )
