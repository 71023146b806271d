"""Ways to keep a GAN stable, as chapter 11 compares them."""

from dataclasses import dataclass

from aigc_lessons.models.gan.update import LAZY_R1, Rules


@dataclass(frozen=True)
class Method:
    """What one row of the table does differently."""

    rules: Rules
    spectral: bool = False  # spectral normalisation of the discriminator
    ratio: float = 1.0  # the discriminator's learning rate over the generator's


METHODS = {
    "non-saturating": Method(Rules("non-saturating")),
    "two time scales": Method(Rules("non-saturating"), ratio=4.0),
    "R1": Method(Rules("non-saturating", penalty="R1", weight=0.125)),
    "hinge": Method(Rules("hinge")),
    "hinge, spectral norm": Method(Rules("hinge"), spectral=True),
    "Wasserstein, clipping": Method(Rules("wasserstein", clip=0.01)),
    "Wasserstein, gradient penalty": Method(
        Rules("wasserstein", penalty="one-centred", weight=10.0)
    ),
    "relativistic": Method(Rules("relativistic")),
    "relativistic, R1 + R2": Method(Rules("relativistic", penalty="R1 + R2", weight=0.125)),
    "relativistic, lazy R1": Method(LAZY_R1),
}
