"""The players of adversarial games about text, and the ways around the draw of a symbol.

A generator draws a text symbol by symbol; a discriminator gives each of its beginnings a logit,
positive where it takes the beginning for real. The gradient of a draw is zero, so what the
discriminator says reaches the generator through a relaxed draw (`straight_through`) or as a reward
(`advantages`). Symbol 0 is the end of a text; every text is filled up with it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.data.text import Vocabulary
from aigc_lessons.errors import CourseError

END = 0


def to_codes(texts: Sequence[str], vocabulary: Vocabulary, length: int) -> Tensor:
    """Number the symbols of texts: (N, length), int64; symbol i of the vocabulary is i + 1.

    Args:
        texts: N of them.
        vocabulary: the symbols, without the end.
        length: places of every row; what a text leaves is filled with the end symbol.

    Raises:
        CourseError: no text, a text that leaves no place for its end, or an unknown symbol.
    """
    if isinstance(texts, str) or not texts:
        raise CourseError(f"Give a list of one or more texts, not {texts!r}.")
    longest = max(texts, key=len)
    if len(longest) >= length:
        raise CourseError(
            f"{longest!r} and its end need {len(longest) + 1} places; there are {length}."
        )
    codes = torch.zeros(len(texts), length, dtype=torch.int64)
    for row, text in zip(codes, texts, strict=True):
        row[: len(text)] = vocabulary.encode(text) + 1
    return codes


def to_texts(codes: Tensor, vocabulary: Vocabulary) -> list[str]:
    """Return the texts of codes (N, T), each up to its first end symbol or to the last place."""
    symbols = "\0" + "".join(vocabulary.symbols)
    lines = ("".join(symbols[code] for code in row) for row in codes.tolist())
    return [line.split("\0", 1)[0] for line in lines]


def within(codes: Tensor) -> Tensor:
    """Mark the places up to the first end symbol, itself included: codes (N, T) to 1.0 or 0.0."""
    ends_before = (codes == END).cumsum(1) - (codes == END).long()
    return (ends_before == 0).float()


def straight_through(logits: Tensor, temperature: float) -> Tensor:
    """Draw a symbol from softmax(logits), as a one-hot vector with a gradient: (N, V).

    Forwards it is an exact draw (Gumbel-max). Backwards it has the gradient of the softmax of the
    disturbed logits at ``temperature``: straight-through Gumbel-softmax (Jang, Gu and Poole, 2017).

    Raises:
        CourseError: the temperature is not positive.
    """
    if not temperature > 0:
        raise CourseError(f"The temperature must be positive, not {temperature}.")
    gumbel = -torch.empty_like(logits).exponential_().log()  # -log of an exponential draw
    disturbed = logits + gumbel
    soft = (disturbed / temperature).softmax(-1)
    hard = F.one_hot(disturbed.argmax(-1), logits.shape[-1]).to(soft)
    return hard + soft - soft.detach()


def text_mean(values: Tensor, inside: Tensor) -> Tensor:
    """Average values (N, T) over the places of each text, marked by `within`: (N,)."""
    return (values * inside).sum(1) / inside.sum(1)


def advantages(logits: Tensor, inside: Tensor, discount: float) -> Tensor:
    """What each drawn symbol brought, for the score function: (N, T), in nats.

    The reward of a symbol is the change of the discriminator's logit. With the best one that is
    log p(symbol | before) - log q(symbol | before), p of the data and q of the generator. Rewards
    that come later count less by ``discount`` per place; the mean over the texts that reach a
    place is the baseline, taken over the other texts.

    Args:
        logits: (N, T), of each beginning.
        inside: (N, T), from `within`.
        discount: from 0, this symbol alone, to 1, all that follow.

    Raises:
        CourseError: a discount outside this range.

    Source: Williams (1992); a discriminator of beginnings after d'Autume et al. (2019).
    """
    if not 0 <= discount <= 1:
        raise CourseError(f"The discount lies between 0 and 1; it is {discount}.")
    rewards = (logits - F.pad(logits, (1, 0))[:, :-1]) * inside
    returns, later = [], torch.zeros(len(logits)).to(logits)
    for reward in rewards.flip(1).unbind(1):
        later = reward + discount * later
        returns.append(later)
    gains = torch.stack(returns[::-1], 1) * inside
    others = (inside.sum(0) - inside).clamp(min=1)
    return (gains - (gains.sum(0) - gains) / others) * inside


class TextGenerator(nn.Module):
    """A recurrent model of text: symbol by symbol, with an exact likelihood.

    A gated recurrent unit (Cho et al., 2014) carries what was written so far.
    """

    def __init__(self, symbols: int, width: int = 64) -> None:
        """Make the network.

        Args:
            symbols: V, the end symbol counted.
            width: W, numbers in the state.
        """
        super().__init__()
        self.symbols, self.width = symbols, width
        self.first = nn.Parameter(torch.zeros(width))  # the state before the first symbol
        self.memory = nn.GRU(symbols, width, batch_first=True)
        self.output = nn.Linear(width, symbols)

    def forward(self, codes: Tensor) -> Tensor:
        """Map codes (N, T) to the logits of each symbol given those before it, (N, T, V)."""
        seen = F.one_hot(codes[:, :-1], self.symbols).to(self.first)
        start = self.first.expand(1, len(codes), -1)
        states, _ = self.memory(seen, start.contiguous())  # (N, T - 1, W)
        logits: Tensor = self.output(torch.cat([start[0, :, None], states], 1))
        return logits

    def log_probability(self, codes: Tensor, temperature: float = 1.0) -> Tensor:
        """Return log p of each text, (N,), in nats, its end included, if it has one.

        Args:
            codes: (N, T).
            temperature: divides the logits, as in :meth:`sample`.
        """
        return (self.log_probabilities(codes, temperature) * within(codes)).sum(1)

    def log_probabilities(self, codes: Tensor, temperature: float = 1.0) -> Tensor:
        """Return log p of each symbol given those before it, (N, T), in nats."""
        logs: Tensor = (self(codes) / temperature).log_softmax(-1)
        return logs.gather(-1, codes[..., None])[..., 0]

    def sample_relaxed(self, count: int, length: int, temperature: float) -> Tensor:
        """Draw texts with a gradient: (count, length, V), by :func:`straight_through`.

        After its end symbol a text goes on with symbols that mean nothing; `within` marks them.
        """
        state, drawn = self.first.expand(count, -1), []
        for _ in range(length):
            drawn.append(straight_through(self.output(state), temperature))
            state = self._step(drawn[-1], state)
        return torch.stack(drawn, 1)

    @torch.no_grad()
    def sample(self, count: int, length: int, temperature: float = 1.0) -> Tensor:
        """Draw texts: (count, length), int64, filled up with the end symbol.

        Args:
            count: N texts.
            length: places.
            temperature: divides the logits; below 1 likely symbols become likelier.
        """
        state, codes = self.first.expand(count, -1), []
        running = torch.ones(count, dtype=torch.int64)
        for _ in range(length):
            chances = (self.output(state) / temperature).softmax(-1)
            codes.append(torch.multinomial(chances, 1)[:, 0] * running)
            running = running * (codes[-1] != END)
            state = self._step(F.one_hot(codes[-1], self.symbols).to(state), state)
        return torch.stack(codes, 1)

    def _step(self, symbol: Tensor, state: Tensor) -> Tensor:
        """One step of the memory: symbols (N, V) and states (N, W) to new states."""
        _, new = self.memory(symbol[:, None], state[None].contiguous())
        after: Tensor = new[0]
        return after


class TextDiscriminator(nn.Module):
    """A discriminator that reads a text once and gives each of its beginnings a logit."""

    def __init__(self, symbols: int, width: int = 64) -> None:
        super().__init__()
        self.symbols = symbols
        self.memory = nn.GRU(symbols, width, batch_first=True)
        self.output = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map texts as one-hot vectors (N, T, V) to logits (N, T)."""
        logits: Tensor = self.output(self.memory(x)[0])[..., 0]
        return logits
