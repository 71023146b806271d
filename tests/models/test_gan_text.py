"""Writers and judges of text, checked against sums over all texts, autograd and definitions."""

import math

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from aigc_lessons.data.text import Vocabulary
from aigc_lessons.errors import CourseError
from aigc_lessons.models.gan import text as gan_text

LETTERS = Vocabulary(("a", "b"))


def test_texts_survive_the_way_to_codes_and_back() -> None:
    texts = ["ab", "", "bba"]
    codes = gan_text.to_codes(texts, LETTERS, 4)
    assert codes.tolist() == [[1, 2, 0, 0], [0, 0, 0, 0], [2, 2, 1, 0]]
    assert gan_text.to_texts(codes, LETTERS) == texts
    assert gan_text.within(codes).tolist() == [[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]]
    assert gan_text.to_texts(torch.tensor([[1, 0, 2]]), LETTERS) == ["a"]


@pytest.mark.parametrize(
    ("texts", "said"), [([], "one or more"), ("ab", "one or more"), (["abab"], "5 places")]
)
def test_texts_that_do_not_fit_are_named(texts, said) -> None:
    with pytest.raises(CourseError, match=said):
        gan_text.to_codes(texts, LETTERS, 4)


def test_a_straight_through_draw_is_exact_and_has_the_gradient_of_the_softmax() -> None:
    torch.manual_seed(0)
    logits = torch.tensor([1.0, 0.0, -1.0]).expand(40_000, 3).clone().requires_grad_()
    drawn = gan_text.straight_through(logits, 0.7)
    assert set(drawn.detach().round(decimals=5).unique().tolist()) == {0.0, 1.0}
    chances = logits[0].detach().softmax(0)
    error = (chances * (1 - chances) / 40_000).sqrt()
    assert ((drawn.detach().mean(0) - chances).abs() < 5 * error).all()
    (gradient,) = torch.autograd.grad(drawn[:, 0].sum(), logits)
    torch.manual_seed(0)
    gumbel = -torch.empty(40_000, 3).exponential_().log()
    soft = ((logits.detach() + gumbel) / 0.7).softmax(-1)
    expected = soft[:, :1] * (F.one_hot(torch.tensor(0), 3) - soft) / 0.7
    assert torch.allclose(gradient, expected, atol=1e-5)


def test_a_temperature_must_be_positive() -> None:
    with pytest.raises(CourseError, match="positive"):
        gan_text.straight_through(torch.zeros(1, 2), 0.0)


def every_text(length: int) -> torch.Tensor:
    """All rows of three symbols that are filled up with the end after the first end."""
    rows = torch.cartesian_prod(*[torch.arange(3)] * length)
    kept = rows * gan_text.within(rows).long()
    return kept.unique(dim=0)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_probabilities_sum_to_one_and_samples_follow_them(temperature) -> None:
    torch.manual_seed(0)
    model = gan_text.TextGenerator(3, 8)
    rows = every_text(3)
    with torch.no_grad():
        chances = model.log_probability(rows, temperature).exp()
    assert chances.sum().item() == pytest.approx(1, abs=1e-5)
    drawn = model.sample(20_000, 3, temperature)
    shares = (drawn[:, None] == rows).all(-1).float().mean(0)
    assert shares.sum().item() == pytest.approx(1, abs=1e-6)
    assert ((shares - chances).abs() < 5 * (chances / 20_000).sqrt()).all()


def test_texts_with_a_gradient_follow_the_likelihood_too() -> None:
    torch.manual_seed(0)
    model = gan_text.TextGenerator(3, 8)
    texts = model.sample_relaxed(20_000, 3, 0.5)
    begins = texts.detach().argmax(-1)[:, 0].bincount(minlength=3) / 20_000
    with torch.no_grad():
        chances = model(torch.zeros(1, 2, dtype=torch.int64))[0, 0].softmax(-1)
    assert ((begins - chances).abs() < 5 * (chances / 20_000).sqrt()).all()
    gradients = torch.autograd.grad(texts[:, 2, 0].sum(), list(model.parameters()))
    assert all(gradient.abs().sum() > 0 for gradient in gradients)


def test_a_discriminator_of_beginnings_sees_nothing_of_what_follows() -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 5, 3, requires_grad=True)
    logits = gan_text.TextDiscriminator(3, 8)(x)
    (gradient,) = torch.autograd.grad(logits[:, 2].sum(), x)
    assert (gradient[:, :3].abs().sum(-1) > 0).all() and (gradient[:, 3:] == 0).all()


def test_gains_are_what_the_definition_says() -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0], [0.5, -1.0, 9.0]])
    inside = torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    gains = gan_text.advantages(logits, inside, 0.5)
    first = [1 + 0.5 * (2 + 0.5 * -1), 2 + 0.5 * -1, -1.0]
    second = [0.5 + 0.5 * -1.5, -1.5, 0.0]
    assert gains[0].tolist() == pytest.approx([first[0] - second[0], first[1] - second[1], -1.0])
    assert gains[1].tolist() == pytest.approx([second[0] - first[0], second[1] - first[1], 0.0])
    with pytest.raises(CourseError, match="between 0 and 1"):
        gan_text.advantages(logits, inside, 1.5)


def test_with_the_best_discriminator_reinforce_descends_the_reverse_divergence() -> None:
    """The mean of gains times scores is minus the gradient of KL(q || p), summed over all texts."""
    torch.manual_seed(0)
    model, data = gan_text.TextGenerator(3, 8), gan_text.TextGenerator(3, 8)
    rows = every_text(3)
    inside = gan_text.within(rows)
    log_q = model.log_probabilities(rows) * inside
    with torch.no_grad():
        steps = data.log_probabilities(rows) * inside - log_q
        logits = steps.cumsum(1)
        q = log_q.sum(1).exp()
        returns = logits[:, -1:] - F.pad(logits, (1, 0))[:, :-1]
    weights = list(model.parameters())
    scored = (q[:, None] * returns * log_q).sum()
    ours = torch.autograd.grad(scored, weights, retain_graph=True)
    p = data.log_probability(rows).detach()
    divergence = (log_q.sum(1).exp() * (log_q.sum(1) - p)).sum()
    theirs = torch.autograd.grad(divergence, weights)
    assert not math.isclose(divergence.item(), 0)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, -other, atol=1e-5)
