"""How large the label vectors of a projection discriminator may begin (chapter 12), three seeds.

PyTorch draws the vectors of an embedding from N(0, 1), which makes e_label . h(x) far larger than
w . h(x) of a fresh linear layer. The same networks, game and digits are trained from this start and
from vectors of zeros. The rest is the recipe ``gan-mnist-conditional`` with fewer steps; its start
was chosen after one longer training of each kind, scored on the same test digits.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from aigc_lessons import zoo
from aigc_lessons.data.images import mnist
from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import Experiment
from aigc_lessons.models.gan.networks import Discriminator, Generator
from aigc_lessons.models.gan.update import GENERATOR, LAZY_R1, compete
from aigc_lessons.scoring import accuracy, fid_and_classes
from aigc_lessons.small_trainings.few_digits import draw_digits
from aigc_lessons.train.batches import Batches
from aigc_lessons.train.schedules import warmup_then_cosine

STEPS, BATCH_SIZE, RATE = 1_500, 32, 2e-3
SAMPLES = 5_000
STARTS: dict[str, Callable[[Tensor], Tensor]] = {
    "N(0, 1)": nn.init.normal_,
    "zeros": nn.init.zeros_,
}


def measure(case: str, seed: int, steps: int = STEPS) -> dict[str, float]:
    """Train from one start with one seed, which draws the weights, the digits and the noise.

    Returns:
        the "FID" of the averaged generator in the features of the digit network, and its "class
        accuracy": how many of its samples this network names as they were asked for, in per cent.

    Raises:
        CourseError: there is no such start.
    """
    if case not in STARTS:
        raise CourseError(f"There is no case {case!r}. There are: {', '.join(STARTS)}.")
    digits = mnist("train", full=True)
    classes = len(digits.classes)
    torch.manual_seed(seed)
    discriminator = Discriminator(halving=32, classes=classes)
    assert discriminator.embedding is not None
    STARTS[case](discriminator.embedding.weight)
    torch.manual_seed(seed)  # the generators start alike, whatever was drawn before
    generator = Generator(blocks=3, doubling=(24, 12), classes=classes)
    run = compete(
        generator,
        discriminator,
        Batches(digits.images, digits.labels, batch_size=BATCH_SIZE, seed=seed),
        LAZY_R1,
        steps,
        rates=(RATE, RATE),
        seed=seed,
        schedule=warmup_then_cosine(steps),
    )
    trained = run.averaged[GENERATOR]
    assert isinstance(trained, Generator)
    score, _ = fid_and_classes(trained, "digits", SAMPLES)
    ordered = draw_digits(trained, SAMPLES // classes, seed)
    return {"FID": score, "class accuracy": accuracy(zoo.load("digit-features"), ordered)}


EXPERIMENT = Experiment(
    summary="how large label vectors may begin in a conditional GAN (chapter 12)",
    cases=tuple(STARTS),
    seeds=(0, 1, 2),
    measure=measure,
)
