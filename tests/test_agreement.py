"""What a chapter writes out and the package has too must be the same function."""

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch

from aigc_lessons import autoencoders
from aigc_lessons.metrics.likelihood import importance_weighted_bound

CHAPTER_6 = (
    Path(__file__).parents[1] / "notebooks/2-latent-variables/06-the-variational-autoencoder.ipynb"
)


@pytest.fixture(scope="module")
def chapter() -> dict[str, Any]:
    """Everything that chapter 6 imports and defines, without running what it computes."""
    definitions = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)

    def kept(node: ast.stmt) -> bool:
        if isinstance(node, ast.Assign):  # a setting, such as steps = 700, and not a computation
            return all(isinstance(part, ast.Tuple | ast.Constant) for part in leaves(node.value))
        return isinstance(node, definitions)

    def leaves(value: ast.expr) -> list[ast.expr]:
        return [value, *value.elts] if isinstance(value, ast.Tuple) else [value]

    names: dict[str, Any] = {}
    for cell in nbformat.read(CHAPTER_6, 4).cells:
        if cell.cell_type == "code":
            body = [node for node in ast.parse(cell.source).body if kept(node)]
            exec(compile(ast.Module(body, []), "chapter 6", "exec"), names)
    return names


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
