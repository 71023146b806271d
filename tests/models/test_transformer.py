"""The transformer: what it may see, what it remembers, what it begins with."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.errors import CourseError
from aigc_lessons.models.autoregressive.generation import generate, greedy, sampled
from aigc_lessons.models.autoregressive.transformer import Transformer, rotate


def network(**settings: object) -> Transformer:
    """A small network whose weights are all in use, in float64."""
    torch.manual_seed(0)
    sizes = {"tokens": 11, "width": 16, "blocks": 2, "heads": 2, "context": 12}
    model = Transformer(**(sizes | settings)).double().eval()  # type: ignore[arg-type]
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return model


def sees(model: Transformer, length: int = 6) -> Tensor:
    """Whether the logits at place i depend on the token at place j, (T, T), by gradient."""
    embedded = torch.randn(1, length, 16, dtype=torch.float64, requires_grad=True)
    model.embedding.forward = lambda tokens: embedded  # type: ignore[method-assign]
    logits = model(torch.zeros(1, length, dtype=torch.int64))[0]
    seen = [torch.autograd.grad(row.square().sum(), embedded, retain_graph=True) for row in logits]
    return torch.stack([gradient[0].abs().sum(-1) > 0 for (gradient,) in seen])


def test_a_causal_network_sees_no_later_token_and_all_earlier_ones() -> None:
    assert torch.equal(sees(network()), torch.ones(6, 6).tril().bool())
    assert bool(sees(network(causal=False)).all())


def test_attention_of_one_head_is_the_formula() -> None:
    model = network(heads=1, blocks=1)
    attention = model.blocks[0].attention
    x = torch.randn(1, 5, 16, dtype=torch.float64)
    q, k, v = (x[0] @ layer.weight.T for layer in (attention.query, attention.key, attention.value))
    q, k = (rotate(y / y.square().mean(-1, keepdim=True).sqrt()) for y in (q, k))
    scores = q @ k.T / math.sqrt(16)
    scores = scores.masked_fill(torch.ones(5, 5).triu(1).bool(), -torch.inf)
    expected = scores.softmax(-1) @ v @ attention.output.weight.T
    assert torch.allclose(attention(x)[0], expected, atol=1e-5)  # rms_norm adds a small epsilon


def test_rotated_products_depend_on_the_distance_alone() -> None:
    q, k = torch.randn(2, 8, dtype=torch.float64)

    def product(place_of_q: int, place_of_k: int) -> Tensor:
        return rotate(q[None], place_of_q)[0] @ rotate(k[None], place_of_k)[0]

    assert torch.allclose(product(3, 1), product(103, 101))
    assert not torch.allclose(product(3, 1), product(3, 2))
    assert torch.allclose(rotate(q[None], 57).norm(), q.norm())
    x = torch.randn(9, 8)
    assert torch.allclose(rotate(x)[4:], rotate(x[4:], first=4), atol=1e-6)


def test_the_first_loss_is_that_of_guessing_evenly() -> None:
    model = Transformer(tokens=11, width=16, blocks=2, heads=2)
    tokens = torch.randint(11, (4, 10))
    loss = F.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten())
    assert float(loss.detach()) == pytest.approx(math.log(11), rel=1e-6)


@pytest.mark.parametrize("pieces", [[12], [1] * 12, [5, 1, 6], [4, 8]])
def test_the_cache_changes_nothing(pieces: list[int]) -> None:
    model, tokens = network(), torch.randint(11, (3, 12))
    caches = model.caches()
    with torch.no_grad():
        parts = [model(part, caches) for part in tokens.split(pieces, dim=1)]
        assert torch.allclose(torch.cat(parts, dim=1), model(tokens), atol=1e-10)


def test_more_than_the_context_is_refused() -> None:
    model = network()
    caches = model.caches()
    model(torch.zeros(1, 9, dtype=torch.int64), caches)
    for tokens, kept in ((13, None), (4, caches)):
        with pytest.raises(CourseError, match="at most 12 tokens at once, not 13"):
            model(torch.zeros(1, tokens, dtype=torch.int64), kept)
    with pytest.raises(CourseError, match="multiple of 6"):
        Transformer(tokens=5, width=16, heads=3)


@pytest.mark.parametrize("length", [4, 40])
@pytest.mark.parametrize("first", [1, 7, 30])
def test_cached_and_uncached_writing_agree(length: int, first: int) -> None:
    model, prompts = network(), torch.randint(11, (3, first))
    written = generate(model, prompts, length)
    assert written.shape == (3, first + length)
    assert torch.equal(written[:, :first], prompts)
    assert torch.equal(written, generate(model, prompts, length, cached=False))
    draws = [
        generate(model, prompts, length, sampled(generator=torch.Generator().manual_seed(1)), (), c)
        for c in (True, False)
    ]
    assert torch.equal(*draws)


def test_a_text_that_has_ended_stays_ended() -> None:
    model = network()
    prompts = torch.arange(8)[:, None]
    free = generate(model, prompts, 30)
    stop = int(free[0, 5])
    written = generate(model, prompts, 30, stop=[stop])
    for row, unstopped in zip(written[:, 1:].tolist(), free[:, 1:].tolist(), strict=True):
        end = unstopped.index(stop) if stop in unstopped else len(row)
        assert row[: end + 1] == unstopped[: end + 1][: len(row)]
        assert set(row[end:]) <= {stop}
    alone = generate(model, prompts[:1], 30, stop=[stop])
    assert alone.shape[1] < 31 and int(alone[0, -1]) == stop


def test_draws_have_the_chances_that_the_rule_leaves() -> None:
    chances = torch.tensor([0.1, 0.4, 0.05, 0.3, 0.15])
    generator = torch.Generator().manual_seed(0)

    def shares(**settings: object) -> Tensor:
        rule = sampled(generator=generator, **settings)  # type: ignore[arg-type]
        drawn = rule(chances.log().expand(20_000, -1))
        return drawn.bincount(minlength=5) / 20_000

    def expected(kept: list[int], power: float = 1.0) -> Tensor:
        left = torch.zeros(5)
        left[kept] = chances[kept] ** power
        return left / left.sum()

    for settings, left in (
        ({}, expected([0, 1, 2, 3, 4])),
        ({"temperature": 0.5}, expected([0, 1, 2, 3, 4], 2.0)),
        ({"top_k": 2}, expected([1, 3])),
        ({"top_p": 0.7}, expected([1, 3])),
        ({"top_p": 0.71}, expected([1, 3, 4])),
        ({"top_p": 0.01}, expected([1])),
        ({"top_k": 3, "top_p": 0.5}, expected([1, 3])),
    ):
        assert torch.allclose(shares(**settings), left, atol=0.015), settings
    assert greedy(chances[None]).tolist() == [1]


def test_bad_requests_to_write_are_refused() -> None:
    model = network()
    empty = torch.zeros(2, 0, dtype=torch.int64)
    for message, act in (
        ("at least one token", lambda: generate(model, empty, 3)),
        ("rows of token numbers", lambda: generate(model, torch.zeros(2, 3), 3)),
        ("rows of token numbers", lambda: generate(model, torch.zeros(3, dtype=torch.int64), 3)),
        (
            "knows the tokens 0 to 10; the prompts hold 3 to 11",
            lambda: generate(model, torch.tensor([[3, 11]]), 3),
        ),
        ("length must be", lambda: generate(model, torch.tensor([[3]]), 0)),
        ("temperature must be positive", lambda: sampled(temperature=0)),
        ("top_p must lie", lambda: sampled(top_p=0)),
        ("top_k must be", lambda: sampled(top_k=0)),
    ):
        with pytest.raises(CourseError, match=message):
            act()


def test_samples_begin_with_token_0_and_fill_the_context() -> None:
    texts = network().sample(5)
    assert texts.shape == (5, 12)
    assert not texts[:, 0].any()
    assert len({tuple(row) for row in texts.tolist()}) > 1
