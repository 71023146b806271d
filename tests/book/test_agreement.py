"""What a chapter writes out and the package has too must be the same function."""

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch

from aigc_lessons.metrics.likelihood import importance_weighted_bound
from aigc_lessons.models.autoencoders import objectives as autoencoders
from aigc_lessons.models.autoregressive.ngrams import KneserNey
from aigc_lessons.models.autoregressive.recurrent import RecurrentModel
from aigc_lessons.models.gan import objectives as gan
from aigc_lessons.models.gan import text as gan_text
from aigc_lessons.models.gan import update as gan_training
from aigc_lessons.small_trainings import gaussian_mixtures as gaussian
from aigc_lessons.train.run import Run

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def definitions_of(path: str) -> dict[str, Any]:
    """Everything that a chapter imports and defines, without running what it computes."""
    definitions = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)

    def kept(node: ast.stmt) -> bool:
        if isinstance(node, ast.Assign):  # a setting, such as steps = 700, and not a computation
            plain = ast.Tuple | ast.Constant | ast.Load
            return all(isinstance(part, plain) for part in ast.walk(node.value))
        # a check of an exercise runs as it is defined
        return isinstance(node, definitions) and not getattr(node, "decorator_list", [])

    names: dict[str, Any] = {}
    for cell in nbformat.read(NOTEBOOKS / path, 4).cells:
        if cell.cell_type == "code":
            body = [node for node in ast.parse(cell.source).body if kept(node)]
            exec(compile(ast.Module(body, []), path, "exec"), names)
    return names


@pytest.fixture(scope="module")
def chapter() -> dict[str, Any]:
    return definitions_of("2-latent-variables/06-the-variational-autoencoder.ipynb")


@pytest.fixture(scope="module")
def game() -> dict[str, Any]:
    return definitions_of("3-adversaries/09-the-game.ipynb")


@pytest.fixture
def pictures() -> torch.Tensor:
    return (torch.rand(9, 1, 28, 28, generator=torch.Generator().manual_seed(0)) < 0.3).float()


def test_the_pieces_of_the_objective_agree(chapter: dict[str, Any], pictures: torch.Tensor) -> None:
    mean, log_variance = torch.randn(2, 9, 4, generator=torch.Generator().manual_seed(1))
    logits = torch.randn(3, 9, 1, 28, 28, generator=torch.Generator().manual_seed(2))
    for name, arguments in (
        ("gaussian_kl", (mean, log_variance)),
        ("bernoulli_log_likelihood", (logits, pictures)),
        ("reparameterize", (mean, log_variance)),
    ):
        torch.manual_seed(3)
        written = chapter[name](*arguments)
        torch.manual_seed(3)
        assert torch.equal(written, getattr(autoencoders, name)(*arguments)), name


def test_the_bounds_agree(chapter: dict[str, Any], pictures: torch.Tensor) -> None:
    torch.manual_seed(0)
    model = chapter["VAE"](latents=4)
    torch.manual_seed(3)
    reconstruction, kl = chapter["elbo_terms"](model, pictures)
    torch.manual_seed(3)
    package = autoencoders.elbo(model, pictures)
    assert torch.equal(reconstruction, package.reconstruction)
    assert torch.equal(kl, package.kl)
    with torch.no_grad():
        torch.manual_seed(3)
        written = chapter["log_weights"](model, pictures, 5_000)
        torch.manual_seed(3)
        packaged = autoencoders.log_importance_weights(model, pictures, 5_000)
    assert torch.allclose(written, packaged, rtol=1e-4)
    ours, theirs = chapter["tighter_bound"](written), importance_weighted_bound(packaged)
    assert torch.allclose(ours, theirs, rtol=1e-4)


def test_the_losses_of_the_game_agree(game: dict[str, Any]) -> None:
    real, fake = 5 * torch.randn(2, 50, generator=torch.Generator().manual_seed(0))
    minimax = gan.minimax_discriminator(real, fake)
    assert torch.equal(game["discriminator_loss"](real, fake), minimax)
    for name in ("saturating", "non-saturating"):
        written = game[name.replace("-", "_") + "_loss"](fake)
        assert torch.equal(written, gan.GAMES[name].generator(real, fake)), name


@pytest.mark.parametrize("name", ["saturating", "non-saturating"])
def test_the_rounds_of_the_game_agree(game: dict[str, Any], name: str) -> None:
    loss = game[name.replace("-", "_") + "_loss"]
    ours, theirs = game["Players"](0, loss), game["Players"](0, loss)
    models = {"generator": theirs.generator, gan_training.OPPONENT: theirs.discriminator}
    run = Run(models, {"generator": theirs.g_step, gan_training.OPPONENT: theirs.d_step})
    if run.device.type != "cpu":
        pytest.skip("The chapter plays on the CPU, where other random numbers are drawn.")
    for seed in range(3):  # the second and third show what the first leaves behind
        real = torch.randn(64, 2, generator=torch.Generator().manual_seed(seed))
        torch.manual_seed(seed)
        written = game["play_round"](ours, real)
        torch.manual_seed(seed)
        packaged = gan_training.play(run, "generator", gan_training.Rules(name), real)
        both = torch.stack([packaged[gan_training.OPPONENT], packaged["generator"]])
        assert torch.allclose(torch.tensor(written), both, rtol=1e-5)
    for player in ("generator", "discriminator"):
        mine, others = (getattr(players, player).parameters() for players in (ours, theirs))
        for weights in zip(mine, others, strict=True):
            assert torch.allclose(*weights, atol=1e-6), player


def test_the_mixtures_of_gaussians_agree(pictures: torch.Tensor) -> None:
    first = definitions_of("1-generative-models-from-scratch/01-what-a-generative-model-does.ipynb")
    assert torch.equal(first["dequantise"](pictures, 1), gaussian.dequantise(pictures, 1))
    x = torch.randn(60, 5, generator=torch.Generator().manual_seed(0))
    x[::2] += 8
    groups, _ = first["k_means"](x, 2, 0)
    assert torch.equal(groups, gaussian.k_means(x, 2, 0))
    target = gaussian.target_covariance(x, 4)
    assert torch.equal(first["target_covariance"](x, 4), target)
    written, package = (made(x, groups, target, 3) for made in (first["fit"], gaussian.fit))
    assert all(map(torch.equal, written, package))
    for name in ("joint_log_density", "negative_log_likelihood"):
        assert torch.allclose(first[name](written, x), getattr(gaussian, name)(package, x)), name
    assert torch.equal(first["sample"](written, 7, 2)[0], gaussian.sample(package, 7, 2))
    assert torch.equal(first["contrast"](x, 4), gaussian.contrast(x, 4))


def test_the_players_of_the_game_about_text_agree() -> None:
    chapter = definitions_of("3-adversaries/13-gans-for-text.ipynb")
    torch.manual_seed(0)
    written = chapter["Generator"](5), chapter["Discriminator"](5)
    width, length = chapter["WIDTH"], chapter["LENGTH"]
    packaged = gan_text.TextGenerator(5, width), gan_text.TextDiscriminator(5, width)
    for ours, theirs in zip(written, packaged, strict=True):
        theirs.load_state_dict(ours.state_dict())
    generator, discriminator = written

    drawn = []
    for draw in (
        lambda: chapter["sample"](generator, 50),
        lambda: packaged[0].sample(50, length),
        lambda: chapter["write"](generator, 50, 0.5),
        lambda: packaged[0].sample_relaxed(50, length, 0.5),
    ):
        torch.manual_seed(1)
        drawn.append(draw())
    codes = drawn[0]
    assert torch.equal(codes, drawn[1])
    assert torch.allclose(drawn[2], drawn[3], atol=1e-5)
    log_probabilities = (player.log_probability(codes) for player in (generator, packaged[0]))
    assert torch.allclose(*log_probabilities, atol=1e-5)

    vectors = torch.nn.functional.one_hot(codes, 5).float()
    logits, inside = discriminator(vectors), gan_text.within(codes)
    assert torch.allclose(logits, packaged[1](vectors), atol=1e-5)
    for discount in (0.0, 0.5, 1.0):
        theirs = gan_text.advantages(logits, inside, discount)
        assert torch.allclose(chapter["gains"](logits, inside, discount), theirs, atol=1e-5)


def test_counting_and_memory_agree() -> None:
    chapter = definitions_of("4-one-step-at-a-time/14-from-counting-to-memory.ipynb")
    letters = chapter["ascii_lowercase"]
    chapter["V"] = len(letters) + 1
    texts = ["transform", "form", "reform", "a", "former", "mart"]
    for order in (1, 2, 4):
        tables, package = (
            chapter["kneser_ney_counts"](texts, order),
            KneserNey(texts, order, letters),
        )
        assert tables == package.tables
        chance = chapter["kneser_ney"](tables, order, 0.7)
        for before in ("", "re", "transfor", "zz"):
            for symbol in ("m", "z", chapter["EDGE"]):
                theirs = package.probability(before, symbol, [0.7] * order)
                assert abs(chance(before, symbol) - theirs) < 1e-12
    codes = torch.randint(27, (4, 6), generator=torch.Generator().manual_seed(0))
    for kind in ("RNN", "GRU", "LSTM"):
        written, packaged = chapter["RecurrentModel"](27, kind), RecurrentModel(27, kind)
        packaged.load_state_dict(written.state_dict())
        assert torch.equal(written(codes), packaged(codes))
        nats = (model.negative_log_likelihoods(codes) for model in (written, packaged))
        assert torch.equal(*nats)
