"""The lawnmower that plans are measured against, over a bare field and a scene of one block."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from shapely.geometry import Point as Place

from blindspot.mission.mission_file import VERTICAL_ERROR_M
from blindspot.mission.plan import Point
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.ground.grid import Grid, HeightField
from blindspot_lab.bench.tools.scenes import Scene
from blindspot_lab.bench.tours.lawnmower import lawnmower, seen_by
from blindspot_lab.bench.tours.scene_mission import scene_mission

HOME = Point(east_m=100.0, north_m=100.0, up_m=0.0)


def over(tmp_path, roofs):
    """A mission over 200 m x 300 m without cameras; `roofs` are (rows, cols, height)."""
    top_m = np.zeros((600, 400), np.float32)
    for rows, cols, height_m in roofs:
        top_m[rows, cols] = height_m
    scene = Scene(tmp_path, HeightField(Grid(0.0, 0.0, 0.5, 600, 400), np.zeros_like(top_m), top_m), (), (), ())
    made = scene_mission("field", scene, tmp_path)
    return made, survey_ground(made.mission, made.site)


@pytest.fixture
def bare(tmp_path):
    return over(tmp_path, ())


def test_over_a_bare_field_lanes_a_swath_less_its_overlap_apart_see_all_of_it(bare):
    made, ground = bare
    mower = lawnmower(made.mission, ground, HOME, 0.2)
    up_m = 120.0 - VERTICAL_ERROR_M
    swath_m = up_m * 1920 / (960 / math.tan(math.radians(17.5)))
    across_m = 200.0 if mower.heading_deg == 0.0 else 300.0
    assert mower.up_m == up_m
    assert mower.heading_deg in (0.0, 90.0)
    assert len(mower.lanes) == math.ceil((across_m - 0.5) / (0.8 * swath_m))
    assert seen_by(mower, made.mission, ground).sum() == ground.spots.blind.sum()


def test_more_overlap_takes_longer(bare):
    made, ground = bare
    assert lawnmower(made.mission, ground, HOME, 0.6).time_s > 1.3 * lawnmower(made.mission, ground, HOME, 0.2).time_s


def test_the_ground_of_a_shaft_that_no_lane_passes_over_is_not_seen(tmp_path):
    roofs = [(slice(60, 540), slice(60, 340), 60.0)]
    corners = product(range(90, 500, 50), range(90, 300, 50))
    shafts = [(slice(row, row + 6), slice(col, col + 6), 0.0) for row, col in corners]
    made, ground = over(tmp_path, roofs + shafts)
    seen = seen_by(lawnmower(made.mission, ground, HOME, 0.2), made.mission, ground)
    inside = np.zeros_like(seen)
    inside[slice(122 + 60, 122 + 540), slice(122 + 60, 122 + 340)] = True
    assert ground.spots.blind[inside].sum() > 0
    assert 0 < (seen & inside).sum() < 0.9 * ground.spots.blind[inside].sum()
    assert (ground.spots.blind & ~inside & ~seen).sum() < 0.02 * ground.spots.blind.sum()


def test_a_scene_is_a_town_of_its_blocks_with_a_pad_away_from_walls(tmp_path):
    made, ground = over(tmp_path, [(slice(100, 200), slice(100, 200), 12.0), (slice(200, 300), slice(200, 300), 9.0)])
    assert sorted(block.height_m for block in made.site.buildings) == [9.0, 12.0]
    assert ground.spots.public_area_m2 == 200.0 * 300.0 - 2 * 2500.0
    pad = Place(made.site.pads[0].east_m, made.site.pads[0].north_m)
    assert min(block.footprint.distance(pad) for block in made.site.buildings) >= 9.5
