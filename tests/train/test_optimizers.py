"""Muon: what orthogonalising does to a matrix, and that the descent descends."""

import pytest
import torch
from torch import nn

from aigc_lessons.errors import CourseError
from aigc_lessons.train.optimizers import Muon, orthogonalize


@pytest.mark.parametrize("shape", [(6, 6), (3, 8), (8, 3)])
def test_singular_values_come_near_1_and_the_vectors_stay(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(shape, generator=generator, dtype=torch.float64)
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    turned = orthogonalize(matrix)
    inner = u.mT @ turned @ v.mT
    assert torch.allclose(inner, torch.diag(inner.diagonal()), atol=1e-6)
    assert inner.diagonal().min() > 0.6 and inner.diagonal().max() < 1.3
    assert torch.allclose(orthogonalize(1_000 * matrix), turned, atol=1e-6)
    assert (s - 1).abs().max() > 1  # there was something to do


def test_several_matrices_are_moved_as_each_alone() -> None:
    stack = torch.randn(4, 5, 7)
    alone = torch.stack([orthogonalize(matrix) for matrix in stack])
    assert torch.allclose(orthogonalize(stack), alone, atol=1e-5)


def test_one_step_is_pytorchs_but_for_its_16_bits() -> None:
    torch.manual_seed(0)
    ours, theirs = nn.Linear(8, 16, bias=False), nn.Linear(8, 16, bias=False)
    theirs.load_state_dict(ours.state_dict())
    a = Muon(ours.parameters(), lr=0.1, weight_decay=0.5)
    b = torch.optim.Muon(theirs.parameters(), lr=0.1, weight_decay=0.5, momentum=0.95)
    for _ in range(3):
        gradient = torch.randn(16, 8)
        ours.weight.grad, theirs.weight.grad = gradient, gradient.clone()
        a.step()
        b.step()
    assert torch.allclose(ours.weight, theirs.weight, atol=0.02)


def test_it_descends_and_its_state_can_be_restored() -> None:
    torch.manual_seed(0)
    target = torch.randn(6, 4)
    layer = nn.Linear(4, 6, bias=False)
    optimizer = Muon(layer.parameters(), lr=0.05)
    losses = []
    for _ in range(60):
        loss = (layer.weight - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 * losses[0]
    other = Muon(layer.parameters(), lr=0.05)
    other.load_state_dict(optimizer.state_dict())
    kept = other.state[layer.weight]["momentum"]
    assert torch.equal(kept, optimizer.state[layer.weight]["momentum"])


def test_a_vector_is_refused() -> None:
    with pytest.raises(CourseError, match=r"not a parameter of shape \(3,\)"):
        Muon(nn.Linear(2, 3).parameters())
