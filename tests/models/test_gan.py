"""The GAN's losses and penalties against formulas, finite differences and closed forms."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from aigc_lessons.errors import CourseError
from aigc_lessons.models.gan import networks as players
from aigc_lessons.models.gan import objectives as gan

Array = NDArray[np.float64]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def logits(seed: int = 0) -> Tensor:
    """Double-precision logits around and far from 0."""
    return 4 * torch.randn(40, generator=generator(seed), dtype=torch.float64)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


# Of each game: the two losses and their derivatives with respect to the logits that the player
# moves, written with D = sigmoid(logit) as the papers write them.
FORMULAS: dict[str, tuple[Callable[[Array, Array], Array], ...]] = {
    "saturating": (
        lambda r, f: -np.log(sigmoid(r)) - np.log(1 - sigmoid(f)),
        lambda r, f: np.log(1 - sigmoid(f)),
        lambda r, f: sigmoid(r) - 1,
        lambda r, f: sigmoid(f),
        lambda r, f: -sigmoid(f),
    ),
    "non-saturating": (
        lambda r, f: -np.log(sigmoid(r)) - np.log(1 - sigmoid(f)),
        lambda r, f: -np.log(sigmoid(f)),
        lambda r, f: sigmoid(r) - 1,
        lambda r, f: sigmoid(f),
        lambda r, f: sigmoid(f) - 1,
    ),
    "wasserstein": (
        lambda r, f: f - r,
        lambda r, f: -f,
        lambda r, f: -np.ones_like(r),
        lambda r, f: np.ones_like(f),
        lambda r, f: -np.ones_like(f),
    ),
    "hinge": (
        lambda r, f: np.maximum(0, 1 - r) + np.maximum(0, 1 + f),
        lambda r, f: -f,
        lambda r, f: -(r < 1).astype(float),
        lambda r, f: (f > -1).astype(float),
        lambda r, f: -np.ones_like(f),
    ),
    "relativistic": (
        lambda r, f: -np.log(sigmoid(r - f)),
        lambda r, f: -np.log(sigmoid(f - r)),
        lambda r, f: sigmoid(r - f) - 1,
        lambda r, f: 1 - sigmoid(r - f),
        lambda r, f: sigmoid(f - r) - 1,
    ),
}


@pytest.mark.parametrize("name", gan.GAMES)
def test_losses_and_gradients_equal_their_formulas(name: str) -> None:
    game = gan.GAMES[name]
    real, fake = logits(0).requires_grad_(), logits(1).requires_grad_()
    r, f = real.detach().numpy(), fake.detach().numpy()
    loss, opposing, by_real, by_fake, by_generator = (formula(r, f) for formula in FORMULAS[name])
    ours = game.discriminator(real, fake)
    np.testing.assert_allclose(ours.detach().numpy(), loss, rtol=1e-9)
    for found, expected in zip(
        torch.autograd.grad(ours.sum(), (real, fake)), (by_real, by_fake), strict=True
    ):
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-12)
    ours = game.generator(real, fake)
    np.testing.assert_allclose(ours.detach().numpy(), opposing, rtol=1e-9)
    (found,) = torch.autograd.grad(ours.sum(), fake)
    np.testing.assert_allclose(found.numpy(), by_generator, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", gan.GAMES)
def test_losses_stay_finite_where_a_sigmoid_would_be_exactly_0_or_1(name: str) -> None:
    sure = torch.tensor([1e3, -1e3, 80.0, -80.0])
    for loss in (gan.GAMES[name].discriminator, gan.GAMES[name].generator):
        real, fake = sure.clone().requires_grad_(), (-sure).requires_grad_()
        values = loss(real, fake)
        values.sum().backward()
        assert values.isfinite().all()
        assert fake.grad is not None and fake.grad.isfinite().all()


def test_only_paired_games_look_at_the_real_logits() -> None:
    for game in gan.GAMES.values():
        changed = not torch.equal(
            game.generator(logits(0), logits(1)), game.generator(logits(2), logits(1))
        )
        assert changed == game.pairs


def test_optimal_discriminator_reaches_twice_js_minus_log_four() -> None:
    """Two densities on a grid: the least loss by descent against the closed form."""
    x = torch.linspace(-8, 8, 400, dtype=torch.float64)
    data = torch.exp(-0.5 * (x - 1) ** 2)
    model = torch.exp(-0.5 * ((x + 0.5) / 1.5) ** 2)
    p, q = data / data.sum(), model / model.sum()
    mixture = (p + q) / 2
    js = 0.5 * ((p * (p / mixture).log()).sum() + (q * (q / mixture).log()).sum())

    def expected_loss(real: Tensor, fake: Tensor, p: Tensor = p, q: Tensor = q) -> Tensor:
        zeros = torch.zeros_like(real)  # D's loss is a sum of a real and a fake part
        constant = math.log(2)
        on_real = gan.minimax_discriminator(real, zeros) - constant
        on_fake = gan.minimax_discriminator(zeros, fake) - constant
        return (p * on_real + q * on_fake).sum()

    # Each place has its own logit, so the descent may weigh every place alike: that converges fast.
    weights = p + q
    free = torch.zeros_like(x).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [free], max_iter=500, line_search_fn="strong_wolfe", tolerance_grad=1e-9
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = expected_loss(free, free, p / weights, q / weights)
        loss.backward()
        return loss

    optimizer.step(closure)
    least = expected_loss(free, free).item()
    assert -least == pytest.approx(2 * js.item() - math.log(4), abs=1e-5)
    best = p.log() - q.log()
    assert expected_loss(best, best).item() == pytest.approx(least, abs=1e-5)
    often = mixture > 1e-3
    assert torch.allclose(free.detach()[often], best[often], atol=1e-2)


def small_discriminator() -> nn.Module:
    torch.manual_seed(0)
    return players.MLPDiscriminator((3,), width=8, blocks=1).double()


def numerical_gradient(network: nn.Module, x: Tensor) -> Tensor:
    """d logit / d x by central differences, (N, D)."""
    step = 1e-5
    columns = []
    with torch.no_grad():
        for axis in torch.eye(x.shape[1], dtype=x.dtype):
            columns.append((network(x + step * axis) - network(x - step * axis)) / (2 * step))
    return torch.stack(columns, 1)


def points() -> Tensor:
    return torch.randn(20, 3, generator=generator(), dtype=torch.float64)


def test_penalties_equal_finite_differences() -> None:
    network, x = small_discriminator(), points()
    squared = numerical_gradient(network, x).square().sum(1)
    assert squared.std() > 0.1 * squared.mean()  # the examples differ
    x.requires_grad_()
    assert torch.allclose(gan.squared_gradient(network(x), x), squared, rtol=1e-6)
    expected = (squared.sqrt() - 1).square()
    assert torch.allclose(gan.one_centred_penalty(network(x), x), expected, rtol=1e-5)


@pytest.mark.parametrize("penalty", [gan.squared_gradient, gan.one_centred_penalty])
def test_gradient_of_penalties_equals_finite_differences(
    penalty: Callable[[Tensor, Tensor], Tensor],
) -> None:
    network, x = small_discriminator(), points().requires_grad_()
    weight = network.body.blocks[0][1].weight
    (found,) = torch.autograd.grad(penalty(network(x), x).mean(), weight)
    step = 1e-5
    for row, column in ((0, 0), (3, 5), (7, 2)):
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                weight[row, column] += sign * step
            values.append(penalty(network(x), x).mean().item())
            with torch.no_grad():
                weight[row, column] -= sign * step
        assert found[row, column].item() == pytest.approx(
            (values[0] - values[1]) / (2 * step), rel=1e-4, abs=1e-8
        )


def test_penalties_of_a_linear_critic_are_those_of_its_weights() -> None:
    weight = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    x = torch.zeros(5, 2, dtype=torch.float64, requires_grad=True)
    penalty = gan.squared_gradient(x @ weight, x)
    assert torch.equal(penalty, torch.full((5,), 25.0, dtype=torch.float64))
    (found,) = torch.autograd.grad(penalty.mean(), weight)
    assert torch.allclose(found, 2 * weight)
    assert gan.one_centred_penalty(x @ weight, x).mean().item() == pytest.approx(16)
    flat = gan.one_centred_penalty((x * 0).sum(1), x)
    assert flat.mean().item() == pytest.approx(1, abs=1e-5)  # and no NaN where the slope is 0


def test_points_between_lie_on_the_lines_and_fill_them() -> None:
    torch.manual_seed(0)
    real, fake = torch.randn(2, 4_000, 2, 3, 3, dtype=torch.float64)
    x = gan.interpolate(real, fake)
    assert x.is_leaf and x.requires_grad
    part = ((x - real) / (fake - real)).flatten(1)
    assert torch.allclose(part, part[:, :1].expand_as(part), atol=1e-9)
    assert part[:, 0].mean().item() == pytest.approx(0.5, abs=0.03)
    assert part[:, 0].var().item() == pytest.approx(1 / 12, rel=0.05)


def test_clipping_bounds_every_weight_and_leaves_small_ones() -> None:
    network = small_discriminator()
    before = [weight.clone() for weight in network.parameters()]
    gan.clip_weights(network, 0.1)
    for old, new in zip(before, network.parameters(), strict=True):
        assert torch.equal(new, old.clamp(-0.1, 0.1))
    with pytest.raises(CourseError, match="positive"):
        gan.clip_weights(network, 0)


def test_normalised_spectra_have_largest_singular_value_one() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.Linear(36, 5))
    assert gan.normalize_spectra(network) is network
    for _ in range(200):
        network(torch.randn(3, 2, 5, 5))
    for layer in (network[0], network[2]):
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(
            1, rel=1e-3
        )


def test_players_for_points_have_the_right_shapes() -> None:
    torch.manual_seed(0)
    player = players.MLPGenerator(latents=3, shape=(2,), width=8)
    assert player(torch.randn(7, 3)).shape == (7, 2)
    assert player.sample(4).shape == (4, 2)
    assert not player.sample(4).requires_grad
    assert players.MLPDiscriminator((2,), width=8)(torch.randn(7, 2)).shape == (7,)
    pictures = players.MLPGenerator(shape=(1, 8, 8), width=8).sample(4)
    assert pictures.shape == (4, 1, 8, 8)
    assert pictures.min() >= 0 and pictures.max() <= 1
    assert players.MLPDiscriminator((1, 8, 8), width=8)(pictures).shape == (4,)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
@pytest.mark.parametrize("classes", [None, 10])
@pytest.mark.parametrize("doubling", [None, (6, 4)])
def test_players_for_pictures_have_the_right_shapes(
    shape: tuple[int, int, int], classes: int | None, doubling: tuple[int, int] | None
) -> None:
    torch.manual_seed(0)
    player = players.Generator(5, channels=8, shape=shape, classes=classes, doubling=doubling)
    halving = None if doubling is None else 4
    opponent = players.Discriminator(8, shape=shape, classes=classes, halving=halving)
    labels = None if classes is None else torch.arange(6)
    pictures = player(torch.randn(6, 5), labels)
    assert pictures.shape == (6, *shape)
    assert pictures.min() >= 0 and pictures.max() <= 1
    found = opponent(pictures, labels)
    assert found.shape == (6,)
    found.sum().backward()  # every weight of both players takes part
    for network in (player, opponent):
        for weight in network.parameters():
            assert weight.grad is not None and weight.grad.abs().sum() > 0
    assert player.sample(3).shape == (3, *shape)


def test_fresh_generators_begin_grey_far_from_the_flat_ends_of_the_sigmoid() -> None:
    torch.manual_seed(0)
    pictures = players.Generator().sample(64)
    assert pictures.std() > 0
    assert (pictures - 0.5).abs().max() < 0.4


def test_each_picture_is_judged_alone_and_a_trained_generator_makes_each_alone() -> None:
    torch.manual_seed(0)
    x, opponent = torch.rand(8, 1, 28, 28), players.Discriminator(channels=8)
    assert torch.allclose(opponent(x)[:3], opponent(x[:3]), atol=1e-6)
    z, player = torch.randn(8, 64), players.Generator(channels=8)
    assert not torch.allclose(player(z)[:3], player(z[:3]), atol=1e-3)  # in training: not alone
    player.eval()
    assert torch.allclose(player(z)[:3], player(z[:3]), atol=1e-6)


def test_labels_change_what_the_players_do() -> None:
    torch.manual_seed(0)
    z = torch.randn(1, 64).expand(10, -1)
    pictures = players.Generator(classes=10)(z, torch.arange(10))
    assert pictures.flatten(1).unique(dim=0).shape[0] == 10
    opponent = players.Discriminator(classes=10).double()
    x = torch.rand(1, 1, 28, 28, dtype=torch.float64).expand(10, -1, -1, -1)
    found = opponent(x, torch.arange(10))
    features = opponent.body(2 * x[:1] - 1)[0]
    expected = opponent.head(features) + opponent.embedding.weight @ features
    assert torch.allclose(found, expected)


def test_bad_input_names_what_was_expected() -> None:
    with pytest.raises(CourseError, match=r"squeeze\(-1\)"):
        gan.minimax_discriminator(torch.zeros(4, 1), torch.zeros(4))
    with pytest.raises(CourseError, match="floating-point"):
        gan.non_saturating_generator(torch.zeros(4, dtype=torch.int64))
    with pytest.raises(CourseError, match="4 and 5"):
        gan.relativistic_generator(torch.zeros(4), torch.zeros(5))
    with pytest.raises(CourseError, match="requires_grad_"):
        gan.squared_gradient(torch.zeros(4, requires_grad=True), torch.zeros(4, 2))
    with pytest.raises(CourseError, match="requires_grad_"):
        gan.squared_gradient(
            torch.zeros(4, requires_grad=True) * 1, torch.zeros(4, 2, requires_grad=True)
        )
    with pytest.raises(CourseError, match=r"\(4, 2\)"):
        gan.interpolate(torch.zeros(4, 2), torch.zeros(5, 2))
    with pytest.raises(CourseError, match="divisible by 4"):
        players.Generator(shape=(1, 30, 28))
    with pytest.raises(CourseError, match="divisible by 4"):
        players.Discriminator(shape=(28, 28))  # type: ignore[arg-type]
    with pytest.raises(CourseError, match="without labels"):
        players.Generator()(torch.zeros(2, 64), torch.zeros(2, dtype=torch.int64))
    with pytest.raises(CourseError, match="0 to 9"):
        players.Discriminator(classes=10)(torch.zeros(2, 1, 28, 28))
    with pytest.raises(CourseError, match="0 to 9"):
        players.Generator(classes=10)(torch.zeros(2, 64), torch.tensor([3, 10]))
