"""Text generators by maximum likelihood and against a discriminator (chapter 13), three seeds.

The network is the same in every case: a recurrent generator with an exact likelihood. One source is
a small grammar whose texts can all be listed, so that most quantities are exact sums; the other
are the words of Python's standard library, of which some are held out.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.data.grammar import Grammar, animal_rules
from aigc_lessons.data.text import Vocabulary, identifiers
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.models.gan.text import (
    TextDiscriminator,
    TextGenerator,
    advantages,
    text_mean,
    to_codes,
    to_texts,
    within,
)

SEEDS = (0, 1, 2)
LENGTH = 13  # places of a text, its end included
BATCH = 64
WIDTH = 32
LIKELIHOOD_RATE, DISCRIMINATOR_RATE = 1e-2, 5e-3
BETAS = (0.5, 0.99)  # of Adam, in the game
RELAXED, DISCOUNT = 0.5, 0.5  # temperature of straight-through; of rewards that come later
SAMPLES = 2_000
TEMPERATURES = (0.3, 0.5, 0.7, 0.85, 1.2)

METHODS = {  # updates by maximum likelihood; the game, its rounds and the model's learning rate
    "likelihood": (600, "", 0, 0.0),
    "straight-through": (0, "straight-through", 600, 5e-3),
    "REINFORCE": (0, "REINFORCE", 600, 5e-3),
    "a third of the likelihood": (200, "", 0, 0.0),
    "a third, then straight-through": (200, "straight-through", 400, 5e-4),
    "a third, then REINFORCE": (200, "REINFORCE", 400, 5e-4),
}


class Source(NamedTuple):
    """Texts to learn from, and how a model of them is measured."""

    vocabulary: Vocabulary
    draw: Callable[[torch.Generator], Tensor]  # a batch of codes
    measure: Callable[[TextGenerator, float], dict[str, float]]  # at a temperature


def all_texts(grammar: Grammar) -> list[str]:
    """List the texts of a grammar without repetitions such as {list} -> a{list}."""

    def expand(body: str) -> list[str]:
        before, brace, rest = body.partition("{")
        if not brace:
            return [body]
        symbol, _, after = rest.partition("}")
        middles = [text for inner in grammar.rules[symbol] for text in expand(inner)]
        return [before + middle + end for middle in middles for end in expand(after)]

    return expand("{" + grammar.start + "}")


def sampled(
    model: TextGenerator, vocabulary: Vocabulary, temperature: float
) -> tuple[list[str], dict[str, float]]:
    """Draw texts; return them, and what can be said of any model.

    Quantities: "entropy" of its distribution, nats per text, and "distinct", the share of
    different texts among a thousand.
    """
    codes = model.sample(SAMPLES, LENGTH, temperature)
    with torch.no_grad():
        entropy = -model.log_probability(codes, temperature).mean().item()
    texts = to_texts(codes, vocabulary)
    return texts, {"entropy": entropy, "distinct": len(set(texts[:1000])) / 1000}


@cache
def grammar_source() -> Source:
    """The grammar: every batch is new, and every probability is known."""
    grammar = Grammar(animal_rules())
    texts = all_texts(grammar)
    codes = to_codes(texts, grammar.vocabulary, LENGTH)
    log_p = torch.tensor([grammar.log_probability(text) for text in texts])
    p = log_p.exp()

    def draw(generator: torch.Generator) -> Tensor:
        return codes[torch.multinomial(p, BATCH, replacement=True, generator=generator)]

    def measure(model: TextGenerator, temperature: float) -> dict[str, float]:
        _, numbers = sampled(model, grammar.vocabulary, temperature)
        with torch.no_grad():
            log_q = model.log_probability(codes, temperature)
        q = log_q.exp()
        return numbers | {
            "valid": q.sum().item(),
            "cross-entropy": -(p * log_q).sum().item(),
            "total variation": (((q - p).abs().sum() + 1 - q.sum()) / 2).item(),
            "log p of the valid": (log_q.softmax(0) * log_p).sum().item(),
            "entropy of the valid": -(log_q.softmax(0) * log_q.log_softmax(0)).sum().item(),
        }

    return Source(grammar.vocabulary, draw, measure)


@cache
def words() -> tuple[list[str], list[str]]:
    """Return the words to learn from, and every fifth one, held out."""
    every = identifiers()
    return [w for i, w in enumerate(every) if i % 5], every[::5]


@cache
def word_source() -> Source:
    """The words of Python's standard library."""
    learnt, held_out = words()
    known, kept = set(learnt), set(held_out)
    vocabulary = Vocabulary.from_text("".join(learnt + held_out))
    codes = to_codes(learnt, vocabulary, LENGTH)
    unseen = to_codes(held_out, vocabulary, LENGTH)

    def draw(generator: torch.Generator) -> Tensor:
        return codes[torch.randint(len(codes), (BATCH,), generator=generator)]

    def measure(model: TextGenerator, temperature: float) -> dict[str, float]:
        texts, numbers = sampled(model, vocabulary, temperature)
        with torch.no_grad():
            nats = -model.log_probability(unseen, temperature).sum().item()
        copied = sum(text in known for text in texts) / len(texts)
        found = sum(text in kept for text in texts) / len(texts)
        return numbers | {
            "valid": copied + found,
            "copied": copied,
            "held-out": found,
            "nats per character": nats / within(unseen).sum().item(),
        }

    return Source(vocabulary, draw, measure)


SOURCES = {"grammar": grammar_source, "words": word_source}


def learn(model: TextGenerator, source: Source, updates: int, seed: int) -> None:
    """Maximum likelihood: raise the log-probability of the batches."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), LIKELIHOOD_RATE, fused=True)
    for update in range(updates):
        optimizer.param_groups[0]["lr"] = LIKELIHOOD_RATE * (1 - update / updates)
        loss = -model.log_probability(source.draw(generator)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def discriminator_loss(discriminator: TextDiscriminator, real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss, the mean over the beginnings of each text: a scalar, nats."""
    here, there = within(real), within(fake.argmax(-1))
    on_real = discriminator(F.one_hot(real, discriminator.symbols).float())
    real_cost = text_mean(F.softplus(-on_real), here)
    return (real_cost + text_mean(F.softplus(discriminator(fake)), there)).mean()


def generator_loss(
    game: str, model: TextGenerator, discriminator: TextDiscriminator, fake: Tensor
) -> Tensor:
    """What the model minimises: a scalar."""
    written = fake.detach().argmax(-1)
    inside = within(written)
    if game == "straight-through":
        return text_mean(F.softplus(-discriminator(fake)), inside).mean()
    with torch.no_grad():
        gains = advantages(discriminator(fake), inside, DISCOUNT)
    return -(gains * model.log_probabilities(written)).sum(1).mean()


def play(
    model: TextGenerator, source: Source, game: str, rounds: int, rate: float, seed: int
) -> None:
    """Let a new discriminator and a model play: one update each in every round."""
    generator = torch.Generator().manual_seed(seed)
    discriminator = TextDiscriminator(model.symbols, model.width)
    rates = ((discriminator, DISCRIMINATOR_RATE), (model, rate))
    discriminating, generating = (
        torch.optim.Adam(player.parameters(), lr, BETAS, fused=True) for player, lr in rates
    )
    for number in range(rounds):
        for optimizer, (_, lr) in zip((discriminating, generating), rates, strict=True):
            optimizer.param_groups[0]["lr"] = lr * (1 - number / rounds)
        if game == "straight-through":
            fake = model.sample_relaxed(BATCH, LENGTH, RELAXED)
        else:
            fake = F.one_hot(model.sample(BATCH, LENGTH), model.symbols).float()
        loss = discriminator_loss(discriminator, source.draw(generator), fake.detach())
        discriminating.zero_grad()
        loss.backward()
        discriminating.step()
        loss = generator_loss(game, model, discriminator, fake)
        generating.zero_grad()
        loss.backward()
        generating.step()


def measure(case: str, seed: int) -> dict[str, float]:
    """Train one model and measure it; the likelihood's also at other temperatures."""
    name, _, method = case.partition(", ")
    if name not in SOURCES or method not in METHODS:
        raise CourseError(f"There is no case {case!r}. There are: {'; '.join(EXPERIMENT.cases)}.")
    source = SOURCES[name]()
    updates, game, rounds, rate = METHODS[method]
    torch.manual_seed(seed)
    model = TextGenerator(len(source.vocabulary) + 1, WIDTH)
    if updates:
        learn(model, source, updates, seed)
    if game:
        play(model, source, game, rounds, rate, seed + 100)
    numbers = source.measure(model, 1.0)
    if method == "likelihood":
        for temperature in TEMPERATURES:
            for quantity, value in source.measure(model, temperature).items():
                numbers[f"{quantity} at {temperature:g}"] = value
    return numbers


EXPERIMENT = Experiment(
    summary="text by likelihood and against a discriminator, a grammar and words (chapter 13)",
    cases=tuple(
        f"{name}, {method}"
        for name in SOURCES
        for method, (updates, *_) in METHODS.items()
        if updates or name == "grammar"  # from scratch on the grammar alone
    ),
    seeds=SEEDS,
    measure=measure,
)
