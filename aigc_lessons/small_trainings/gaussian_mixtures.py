"""The mixtures of Gaussians of chapter 1: groups of pictures, each with a shrunk covariance."""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Mixture(NamedTuple):
    """A mixture of k Gaussians in D dimensions."""

    log_weights: Tensor  # (k,)
    means: Tensor  # (k, D)
    factors: Tensor  # (k, D, D), lower triangular: factor @ factor.T is the covariance


def dequantise(pictures: Tensor, seed: int) -> Tensor:
    """Turn grey levels k/255 into continuous values (N, D) in [0, 1], by uniform noise."""
    uniform = torch.rand(pictures.shape, generator=torch.Generator().manual_seed(seed))
    return ((pictures * 255 + uniform) / 256).flatten(1)


def target_covariance(x: Tensor, resolution: float) -> Tensor:
    """Return (D, D): the variances of independent pixels; resolution in grey levels."""
    return torch.diag(x.var(0, correction=0) + (resolution / 256) ** 2)


def fit(x: Tensor, groups: Tensor, target: Tensor, pseudo_images: float) -> Mixture:
    """Fit one Gaussian to each group: its average, and its covariance shrunk to the target.

    Args:
        x: (N, D).
        groups: (N,), the group of each row, 0 to k - 1, none of them empty.
        target: (D, D), positive definite.
        pseudo_images: how many pictures the target counts as in each group.
    """
    parts = [x[groups == j] for j in range(int(groups.max()) + 1)]
    counts = torch.tensor([len(part) for part in parts])
    factors = []
    for part in parts:
        total = len(part) * torch.cov(part.T, correction=0) + pseudo_images * target
        factors.append(torch.linalg.cholesky(total / (len(part) + pseudo_images)))
    means = torch.stack([part.mean(0) for part in parts])
    return Mixture((counts / counts.sum()).log(), means, torch.stack(factors))


def joint_log_density(model: Mixture, x: Tensor) -> Tensor:
    """Return log pi_j + log N(x; mu_j, Sigma_j) by row of x and group, (N, k), in nats."""
    columns = []
    for log_weight, mean, factor in zip(*model, strict=True):
        noise = torch.linalg.solve_triangular(factor, (x - mean).T, upper=False)
        constant = factor.diagonal().log().sum() + 0.5 * len(mean) * math.log(2 * math.pi)
        columns.append(log_weight - 0.5 * noise.square().sum(0) - constant)
    return torch.stack(columns, dim=1)


def negative_log_likelihood(model: Mixture, x: Tensor) -> Tensor:
    """Return -log p(x) in nats per image, (N,)."""
    return -torch.logsumexp(joint_log_density(model, x), dim=1)


def sample(model: Mixture, count: int, seed: int) -> Tensor:
    """Draw pictures (count, D): first the group, then the picture."""
    generator = torch.Generator().manual_seed(seed)
    weights = model.log_weights.exp()
    groups = torch.multinomial(weights, count, replacement=True, generator=generator)
    noise = torch.randn(count, model.means.shape[1], generator=generator)
    pictures = model.means[groups]
    for j, factor in enumerate(model.factors):
        pictures[groups == j] += noise[groups == j] @ factor.T
    return pictures


def k_means(x: Tensor, k: int, seed: int, rounds: int = 100) -> Tensor:
    """Sort the rows of x into k groups or fewer; return the group of each row, (N,).

    A centre that no row is nearest to goes. Source: Lloyd (1982).
    """
    generator = torch.Generator().manual_seed(seed)
    centres = x[torch.randperm(len(x), generator=generator)[:k]]
    groups = torch.full((len(x),), -1)
    for _ in range(rounds):
        _, nearest = torch.cdist(x, centres).argmin(1).unique(return_inverse=True)
        if torch.equal(nearest, groups):
            break
        groups = nearest
        centres = torch.stack([x[groups == j].mean(0) for j in range(int(groups.max()) + 1)])
    return groups


def contrast(x: Tensor, factor: float) -> Tensor:
    """Push grey values in [0, 1] towards black and white, and clip them."""
    return (0.5 + factor * (x - 0.5)).clamp(0, 1)
