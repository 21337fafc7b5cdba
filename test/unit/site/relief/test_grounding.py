from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import box

from blindspot.site.ground.grid import Grid
from blindspot.site.ground.terrain import Terrain
from blindspot.site.relief.grounding import stand
from blindspot.site.town.model import Building

# Rises a metre every ten metres east: 5.0 m at the post 50 m east.
EAST = Terrain(Grid(-100.0, -100.0, 10.0, 20, 20), np.tile(np.arange(-9.5, 10.5), (20, 1)).astype(np.float32))
BLOCK = box(0, 0, 20, 10)  # from 0 to 2 m above the datum


def stood(**given):
    (building,), findings = stand([Building("b", BLOCK, 0.0, 9.0, False, **given)], EAST, Path("b.geojson"))
    return building, findings


def test_eaves_count_from_the_lowest_ground_and_clearance_from_the_highest():
    building, (finding,) = stood()
    assert building.ground_m == pytest.approx(0.0)
    assert building.top_m == pytest.approx(9.0)
    assert building.highest_m == pytest.approx(11.0)
    assert (finding.problem, finding.action) == ("has no ground height", "assumed")


def test_a_ridge_of_unknown_reference_counts_from_the_highest_ground():
    """OpenStreetMap gives a height of 13 m with a roof of 4 m, and no altitude of the foot."""
    building, _ = stood(ridge_m=13.0)
    assert (building.top_m, building.highest_m) == (pytest.approx(9.0), pytest.approx(15.0))


def test_its_own_foot_counts_where_the_terrain_bears_it_out():
    building, findings = stood(foot_m=-1.5, ridge_m=13.0)
    assert findings == ()
    assert (building.ground_m, building.top_m, building.highest_m) == (-1.5, 7.5, 11.5)


@pytest.mark.parametrize("foot_m", [-7.0, 9.0])
def test_a_wrong_foot_is_reported_and_never_lowers_the_roof(foot_m):
    building, (finding,) = stood(foot_m=foot_m, ridge_m=13.0)
    assert building.ground_m == pytest.approx(0.0)
    assert building.highest_m >= foot_m + 13.0 and building.highest_m >= 13.0
    assert finding.problem == "has a ground height far from the terrain"


def test_no_roof_of_nantes_is_lower_than_its_file_says(nantes):
    for building in nantes.buildings:
        assert building.highest_m >= building.top_m
        if building.foot_m is not None:
            assert building.highest_m >= building.foot_m + building.height_m - 1e-9
