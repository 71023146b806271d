"""What larger maps bring: four pairs that differ in what they say they do."""

import math

import pytest

from aigc_lessons.errors import CourseError
from aigc_lessons.experiments import ch10_resolution as subject


@pytest.fixture(autouse=True)
def embedded(small_scores):
    small_scores(subject)


def test_the_pairs_differ_in_one_player_each():
    found = {case: subject.measure(case, 0, steps=1) for case in subject.CASES}
    for quantities in found.values():
        assert all(math.isfinite(value) for value in quantities.values())
    players = {
        case: (row["weights of the generator"], row["weights of the discriminator"])
        for case, row in found.items()
    }
    assert players["patches, patches"][0] == players["patches, halving"][0]
    assert players["patches, patches"][1] == players["doubling, patches"][1]
    assert players["doubling, halving"] == (
        players["doubling, patches"][0],
        players["patches, halving"][1],
    )
    assert len(set(players.values())) == 4


def test_a_case_repeats_and_another_seed_differs():
    first, again, other = (
        subject.measure("patches, halving", seed, steps=2)["FID"] for seed in (0, 0, 1)
    )
    assert first == again != other


def test_an_unknown_case_is_named():
    with pytest.raises(CourseError, match=r"no case 'fog'.*doubling, halving"):
        subject.measure("fog", 0)
