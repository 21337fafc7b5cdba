"""Copies of a town side by side."""

from pathlib import Path

import pytest

from blindspot.site.load import load_site
from blindspot_lab.bench.tools.copied_town import write_copies

CROSSROADS = Path(__file__).resolve().parents[5] / "config" / "sites" / "crossroads"


def test_copies_stand_side_by_side_and_each_has_names_of_its_own(tmp_path):
    one, four = load_site(CROSSROADS), load_site(write_copies(tmp_path / "four", 2, CROSSROADS))
    assert len(four.buildings) == 4 * len(one.buildings)
    assert len(four.roads) == 4 * len(one.roads)
    assert len({camera.id for camera in four.cameras}) == len(four.cameras) == 4 * len(one.cameras)
    assert len({pad.name for pad in four.pads}) == 4 * len(one.pads)
    assert four.area_of_interest.area == pytest.approx(4 * one.area_of_interest.area, rel=0.01)
    for building in four.buildings:
        assert not any(
            other is not building and other.footprint.intersection(building.footprint).area > 1.0
            for other in four.buildings
        )
    middle = four.area_of_interest.centroid
    assert (middle.x, middle.y) == pytest.approx(
        (one.area_of_interest.centroid.x, one.area_of_interest.centroid.y), abs=0.5
    )
