"""Does a generator copy its training pictures? Distances to the nearest of them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_lessons.errors import CourseError
from aigc_lessons.metrics.inputs import check_finite

ROWS = 250  # rows of distances at once: 59 MB of them for 59,000 training pictures
PERCENT = 0.01
FEWEST_HELD_OUT = 100  # the first percentile of fewer would be their minimum


@dataclass(frozen=True, eq=False)
class NearestTraining:
    """Distances to the nearest training picture: root of the summed squared pixel differences.

    Attributes:
        distances: (N,), of the generated pictures.
        nearest: (N,), the index of that training picture, so that both can be shown side by side.
        reference: (M,), the distances of held-out real pictures: what a generator that has learnt
            the distribution, and copies nothing, would have.
    """

    distances: Tensor
    nearest: Tensor
    reference: Tensor

    @property
    def median(self) -> float:
        """Median distance of generated pictures."""
        return float(self.distances.quantile(0.5))

    @property
    def reference_median(self) -> float:
        """Median distance of held-out pictures."""
        return float(self.reference.quantile(0.5))

    @property
    def share_closer(self) -> float:
        """Share of generated pictures closer than the first percentile of the reference.

        Without copying it is expected to be 0.01.
        """
        limit = self.reference.quantile(PERCENT)
        return float((self.distances < limit).double().mean())

    @property
    def probability_closer(self) -> float:
        """How often a generated picture is closer than a held-out one, ties counted half.

        Without copying it is expected to be 0.5. This is the Mann-Whitney statistic on which Meehan
        et al. (2020) build their test.
        """
        ordered = self.reference.sort().values
        below = torch.searchsorted(ordered, self.distances)
        up_to = torch.searchsorted(ordered, self.distances, right=True)
        return float(1 - (below + up_to).double().mean() / (2 * len(ordered)))


def nearest_training_distance(
    generated: Tensor, training: Tensor, held_out: Tensor
) -> NearestTraining:
    """Measure how close generated pictures are to training pictures, in the space of pixels.

    The unit is that of the pixels. Neither lower nor higher is better: hold the distances against
    those of held-out pictures. Far below them, the generator copies; far above, it makes pictures
    unlike any. Blurred or simple pictures are close to everything without being copies, and a
    shifted copy is far from its original: look at the pairs as well.

    Args:
        generated: (N, ...), pictures.
        training: (T, ...), all that the generator was trained on, of the same shape.
        held_out: (M, ...), real pictures it was not trained on, M at least 100.

    Raises:
        CourseError: shapes do not fit, values are not finite, or there are too few pictures.

    Source: Meehan et al. (2020).
    """
    sets = {"generated": generated, "training": training, "held-out": held_out}
    for name, pictures in sets.items():
        if pictures.dim() < 2 or pictures.shape[1:] != training.shape[1:] or not pictures.numel():
            raise CourseError(
                f"The {name} pictures have shape {tuple(pictures.shape)} and the training pictures "
                f"{tuple(training.shape)}; all need one shape, (N, C, H, W), and at least one "
                "picture."
            )
        check_finite(f"the {name} pictures", pictures)
    if len(held_out) < FEWEST_HELD_OUT:
        raise CourseError(
            f"{len(held_out)} held-out pictures are too few for a first percentile; give at least "
            f"{FEWEST_HELD_OUT}."
        )
    distances, nearest = _nearest(generated, training)
    return NearestTraining(distances, nearest, _nearest(held_out, training)[0])


def _nearest(pictures: Tensor, training: Tensor) -> tuple[Tensor, Tensor]:
    """Return distance to and index of the nearest training picture, (N,) each."""
    points, others = pictures.flatten(1).float(), training.flatten(1).float()
    squares = others.square().sum(1)
    # argmin |p - t|^2 = argmin |t|^2 - 2 p·t: one matrix product, fast and a little inexact ...
    parts = [(squares - 2 * rows @ others.T).argmin(1) for rows in points.split(ROWS)]
    nearest = torch.cat(parts)
    # ... so the one distance that counts is taken again, and a copy gets exactly 0.
    found = [(a - others[i]).norm(dim=1) for a, i in zip(points.split(ROWS), parts, strict=True)]
    return torch.cat(found), nearest
