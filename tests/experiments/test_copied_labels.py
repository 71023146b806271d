"""Games whose generated labels copy those of the real batch: the cases differ in this alone."""

import pytest
import torch
from torch.nn.functional import one_hot

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch12_copied_labels as subject


def noted_batches(monkeypatch, copied):
    """Return the one-hot labels of generated points, and the real points, of three steps."""
    labels, real = [], []

    class Noted(subject.PointGenerator):
        def forward(self, z, wanted):
            labels.append(wanted)
            return super().forward(z, wanted)

    body = subject.perceptron

    def noted(sources, inputs, bend, outputs):
        network = body(sources, inputs, bend, outputs)
        if outputs == 1:
            network.register_forward_pre_hook(lambda _, inputs: real.append(inputs[0].detach()))
        return network

    monkeypatch.setattr(subject, "PointGenerator", Noted)
    monkeypatch.setattr(subject, "perceptron", noted)
    subject.play(16, copied, 0, steps=3)
    return labels, real[::3]  # the discriminator sees real, generated, generated


@pytest.mark.parametrize("copied", [False, True])
def test_labels_are_copied_or_drawn_anew(monkeypatch, copied):
    wanted, real = noted_batches(monkeypatch, copied)
    for labels, points in zip(wanted, real, strict=True):
        classes = torch.cdist(points, subject.centres()).argmin(-1)
        same = (one_hot(classes, subject.CLOUDS) == labels).all(-1).double().mean()
        assert same > 0.9 if copied else same < 0.5


def test_games_have_their_own_weights_and_no_say_in_each_other():
    generator = subject.play(8, False, 0, steps=2)
    weights = generator.embedding.weight
    assert len(weights.unique(dim=0)) == subject.GAMES
    z = torch.randn(subject.GAMES, 3, 2)
    labels = one_hot(torch.randint(subject.CLOUDS, (subject.GAMES, 3)), subject.CLOUDS).float()
    before = generator(z, labels)
    z[1:] = 0
    assert torch.allclose(generator(z, labels)[0], before[0])


def test_a_case_is_measured_in_per_cent():
    found = subject.measure("batches of 8, labels copied", 0, steps=2)
    assert set(found) == {"as ordered"} and 0 <= found["as ordered"] <= 100
    with pytest.raises(CourseError, match=r"no case 'shouting'.*batches of 64"):
        subject.measure("shouting", 0)
