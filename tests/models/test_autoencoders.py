"""The VAE's mathematics against closed forms, torch.distributions and Monte Carlo."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, MultivariateNormal, Normal, kl_divergence

from aigc_lessons.metrics.likelihood import importance_weighted_bound, likelihood_bounds
from aigc_lessons.models.autoencoders import networks
from aigc_lessons.models.autoencoders import objectives as ae


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_gaussian_kl_equals_torch_and_monte_carlo() -> None:
    mean, log_variance = torch.randn(2, 6, 5, generator=generator(), dtype=torch.float64)
    ours = ae.gaussian_kl(mean, log_variance)
    q = Independent(Normal(mean, (0.5 * log_variance).exp()), 1)
    p = Independent(Normal(torch.zeros_like(mean), torch.ones_like(mean)), 1)
    assert torch.allclose(ours, kl_divergence(q, p), rtol=1e-10)
    torch.manual_seed(0)
    z = q.sample((200_000,))
    terms = q.log_prob(z) - p.log_prob(z)
    error = terms.std(0) / len(terms) ** 0.5
    assert ((terms.mean(0) - ours).abs() < 5 * error).all()


def test_gaussian_kl_is_zero_at_the_prior_only() -> None:
    zeros = torch.zeros(1, 3)
    assert ae.gaussian_kl(zeros, zeros).item() == 0
    for mean, log_variance in ((0.1, 0.0), (0.0, 0.1), (0.0, -0.1)):
        assert ae.gaussian_kl(zeros + mean, zeros + log_variance).item() > 0


def test_densities_equal_torch_distributions() -> None:
    value, mean, log_variance = torch.randn(3, 7, 4, generator=generator())
    expected = Normal(mean, (0.5 * log_variance).exp()).log_prob(value).sum(-1)
    assert torch.allclose(ae.gaussian_log_density(value, mean, log_variance), expected, rtol=1e-5)
    logits = 3 * torch.randn(9, 6, 1, 4, 4, generator=generator(1))
    x = (torch.rand(6, 1, 4, 4, generator=generator(2)) < 0.5).float()
    expected = Bernoulli(logits=logits).log_prob(x).sum((-3, -2, -1))
    assert torch.allclose(ae.bernoulli_log_likelihood(logits, x), expected, rtol=1e-5)


def test_reparameterized_draws_have_the_right_law_and_gradient() -> None:
    torch.manual_seed(0)
    mean = torch.full((100_000, 1), 1.5, requires_grad=True)
    log_variance = torch.full((100_000, 1), math.log(0.25), requires_grad=True)
    z = ae.reparameterize(mean, log_variance)
    assert z.mean().item() == pytest.approx(1.5, abs=0.01)
    assert z.var().item() == pytest.approx(0.25, rel=0.02)
    z.square().sum().backward()  # d/dmu E[z^2] = 2 mu, d/dlog(s^2) E[z^2] = s^2
    assert mean.grad.mean().item() == pytest.approx(3.0, rel=0.01)
    assert log_variance.grad.mean().item() == pytest.approx(0.25, rel=0.05)


def small_vae() -> networks.VAE:
    torch.manual_seed(0)
    return networks.VAE(latents=3, width=16, blocks=1, shape=(1, 4, 4)).double()


def binary(count: int, shape: tuple[int, ...] = (1, 4, 4)) -> torch.Tensor:
    return (torch.rand(count, *shape, generator=generator(5)) < 0.5).double()


def test_elbo_at_initialisation_is_about_d_log_two() -> None:
    torch.manual_seed(0)
    model = networks.VAE()
    x = binary(64, (1, 28, 28)).float()
    with torch.no_grad():
        assert -model(x).bound.mean().item() == pytest.approx(784 * math.log(2), rel=0.05)


def test_starting_from_the_mean_gives_the_rates_of_the_pixels() -> None:
    model = small_vae().float()
    images = torch.rand(50, 1, 4, 4, generator=generator(1))
    model.start_from(images)
    nn.init.zeros_(model.decoder.output.weight)
    assert torch.allclose(model.sample(3), images.mean(0).expand(3, -1, -1, -1), atol=1e-6)
    assert torch.equal(model.mean_image, images.mean(0))


def test_elbo_is_the_mean_log_weight() -> None:
    model, x = small_vae(), binary(20)
    torch.manual_seed(1)
    with torch.no_grad():
        estimates = ae.elbo(model, x.repeat(4_000, 1, 1, 1)).bound.unflatten(0, (4_000, 20))
    weights = ae.log_importance_weights(model, x, 4_000)
    error = (estimates.var(0) / 4_000 + weights.var(0) / 4_000).sqrt()
    assert ((estimates.mean(0) - weights.mean(0)).abs() < 5 * error).all()


def test_bounds_lie_below_the_likelihood_by_numerical_integration() -> None:
    """Two latents can be integrated on a grid: the answer that no bound may pass."""
    torch.manual_seed(0)
    model = networks.VAE(latents=2, width=16, blocks=1, shape=(1, 4, 4)).double()
    nn.init.normal_(model.decoder.output.weight, std=1.0)  # a decoder that says something
    x = binary(10)
    axis = torch.linspace(-6, 6, 241, dtype=torch.float64)
    z = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        joint = ae.bernoulli_log_likelihood(model.decode(z)[:, None].expand(-1, 10, -1, -1, -1), x)
    joint = joint + Normal(0.0, 1.0).log_prob(z).sum(-1, keepdim=True)
    exact = torch.logsumexp(joint, 0) + 2 * math.log(12 / 240)
    bounds = likelihood_bounds(
        lambda images, draws: ae.log_importance_weights(model, images, draws), x, draws=2_000
    )
    gap = bounds.negative_importance_weighted.mean + exact.mean().item()
    assert bounds.negative_elbo.mean + exact.mean().item() > 0.05
    assert abs(gap) < 0.02


class LinearGaussian:
    """z ~ N(0, I), x | z ~ N(W z, s^2 I): the model whose likelihood is known."""

    def __init__(self) -> None:
        self.weight = torch.randn(6, 2, generator=generator(3), dtype=torch.float64)
        self.variance = 0.5
        eye = torch.eye(6, dtype=torch.float64)
        covariance = self.weight @ self.weight.T + self.variance * eye
        self.marginal = MultivariateNormal(torch.zeros(6, dtype=torch.float64), covariance)
        precision = torch.eye(2, dtype=torch.float64) + self.weight.T @ self.weight / self.variance
        self.posterior_covariance = precision.inverse()

    def log_weights(self, x: torch.Tensor, draws: int, widen: float) -> torch.Tensor:
        """Log importance weights with the true posterior, its covariance times ``widen``."""
        mean = x @ self.weight @ self.posterior_covariance / self.variance
        q = MultivariateNormal(mean, widen * self.posterior_covariance)
        z = q.sample((draws,))
        likelihood = Normal(z @ self.weight.T, self.variance**0.5).log_prob(x).sum(-1)
        return likelihood + Normal(0.0, 1.0).log_prob(z).sum(-1) - q.log_prob(z)


def test_bounds_on_a_linear_gaussian_model_of_known_likelihood() -> None:
    model = LinearGaussian()
    torch.manual_seed(0)
    x = model.marginal.sample((50,))
    exact = model.marginal.log_prob(x).mean().item()
    right = model.log_weights(x, 10, widen=1.0)
    assert torch.allclose(right.mean(0), model.marginal.log_prob(x), atol=1e-9)  # no gap, no noise
    means = []
    for k in (1, 4, 16, 64, 256):
        many = x.repeat(200, 1)
        means.append(importance_weighted_bound(model.log_weights(many, k, widen=3.0)).mean().item())
    # KL(N(0, 3C) || N(0, C)) in two dimensions is the exact gap of the ELBO
    gap = 0.5 * (2 * 3 - 2 - 2 * math.log(3))
    assert means[0] == pytest.approx(exact - gap, abs=0.05)
    assert means == sorted(means)
    assert means[-1] <= exact
    assert means[-1] == pytest.approx(exact, abs=0.02)


def test_sampling_returns_probabilities_of_the_right_shape() -> None:
    pictures = small_vae().float().sample(5)
    assert pictures.shape == (5, 1, 4, 4)
    assert pictures.min() >= 0
    assert pictures.max() <= 1


def test_the_convolutional_network_reads_and_draws_pictures() -> None:
    torch.manual_seed(0)
    model = networks.ConvVAE(latents=3, channels=2, width=8, shape=(1, 8, 12))
    x = binary(5, (1, 8, 12)).float()
    mean, log_variance = model.encode(x)
    assert mean.shape == log_variance.shape == (5, 3)
    z = torch.randn(4, 5, 3, generator=generator())
    assert model.decode(z).shape == (4, 5, 1, 8, 12)
    assert torch.allclose(model.decode(z)[2], model.decode(z[2]), atol=1e-6)
    assert model(x).bound.shape == (5,)
    drawn = model.sample(6)
    assert drawn.shape == (6, 1, 8, 12)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
