"""The mixtures of Gaussians against a library, and against counting."""

import torch

from aigc_lessons.small_trainings import gaussian_mixtures as gaussian


def small() -> gaussian.Mixture:
    generator = torch.Generator().manual_seed(0)
    roots = torch.randn(2, 4, 4, generator=generator)
    factors = torch.linalg.cholesky(roots @ roots.mT + torch.eye(4))
    means = torch.randn(2, 4, generator=generator)
    return gaussian.Mixture(torch.tensor([0.3, 0.7]).log(), means, factors)


def test_density_agrees_with_a_library() -> None:
    model = small()
    library = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(logits=model.log_weights),
        torch.distributions.MultivariateNormal(model.means, scale_tril=model.factors),
    )
    points = torch.randn(50, 4, generator=torch.Generator().manual_seed(1))
    ours = gaussian.negative_log_likelihood(model, points)
    assert torch.allclose(ours, -library.log_prob(points), atol=1e-4)


def test_samples_have_the_moments_of_the_model() -> None:
    model = small()
    drawn = gaussian.sample(model, 100_000, seed=0)
    mean = (model.log_weights.exp()[:, None] * model.means).sum(0)
    assert (drawn.mean(0) - mean).abs().max() < 0.05


def test_fit_shrinks_towards_the_target() -> None:
    x = torch.randn(40, 4, generator=torch.Generator().manual_seed(0))
    groups = torch.arange(40) % 2
    target = gaussian.target_covariance(x, resolution=256)
    assert torch.allclose(target, torch.diag(x.var(0, correction=0) + 1))
    model = gaussian.fit(x, groups, target, pseudo_images=20)
    covariance = (torch.cov(x[::2].T, correction=0) + target) / 2
    assert torch.allclose(model.factors[0] @ model.factors[0].T, covariance, atol=1e-5)
    assert torch.allclose(model.means[1], x[1::2].mean(0))


def test_k_means_finds_heaps_and_leaves_no_group_empty() -> None:
    heaps = torch.tensor([0.0, 10.0, 20.0]).repeat_interleave(5)[:, None]
    x = heaps + 0.1 * torch.randn(15, 1, generator=torch.Generator().manual_seed(0))
    found = {len(gaussian.k_means(x, 3, seed).unique()) for seed in range(5)}
    assert found == {3}
    copies = torch.zeros(6, 2)
    assert gaussian.k_means(copies, 3, 0).tolist() == [0] * 6


def test_noise_stays_in_the_interval_of_its_level() -> None:
    levels = torch.arange(256).reshape(1, 1, 16, 16)
    values = gaussian.dequantise(levels / 255, seed=0)
    assert torch.equal((256 * values).floor().long().flatten(), levels.flatten())


def test_contrast_leaves_the_middle_and_clips() -> None:
    x = torch.tensor([0.0, 0.4, 0.5, 0.6, 1.0])
    assert torch.allclose(gaussian.contrast(x, 4), torch.tensor([0, 0.1, 0.5, 0.9, 1.0]))
