"""The mission file's further pads."""

import pytest
from pydantic import ValidationError


@pytest.fixture
def with_pads(mission, with_file):
    fleet = [drone.model_dump() | {"swaps": 1} for drone in mission.file.fleet]

    def made(**changes):
        return with_file(mission, **({"fleet": fleet, "further_pads": ["quay", "square"]} | changes)).file

    return made


def test_a_drone_may_start_from_its_own_pad_and_from_the_further_ones(with_pads):
    file = with_pads()
    first = file.fleet[0]
    assert all(file.may_start_from(first, pad) for pad in (first.pad, "quay", "square"))
    assert not file.may_start_from(first, file.fleet[1].pad)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"further_pads": ["quay", "quay"]}, "quay is given twice"),
        ({"further_pads": ["south"]}, "south is given twice, or is the pad of a drone"),
        ({"limits": {"return": "mission"}}, "further_pads need limits.return: straight"),
        ({"kind": "patrol", "revisit_s": 1800.0, "share": 0.5}, "further_pads need a sweep with swaps"),
        ({"fleet": [{"name": "drone1", "model": "reference", "pad": "north"}]}, "need a sweep with swaps"),
    ],
    ids=["twice", "a drone's own", "return along the mission", "patrol", "no swaps"],
)
def test_further_pads_that_serve_nothing_are_refused(with_pads, changes, problem):
    with pytest.raises(ValidationError, match=problem):
        with_pads(**changes)
