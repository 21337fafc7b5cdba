"""Causes of blind ground: a straight street along which every cause can be checked by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from shapely.geometry import LineString, box

from blindspot.coverage.ground.blind_ground import split_ground
from blindspot.coverage.ground.causes import CAUSES, area_by_cause, causes_of, explain
from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.site.ground.grid import Grid, HeightField
from blindspot.site.town.model import FixedCamera, Road

GRID = Grid(0.0, 0.0, 1.0, 9, 80)
EAST = FixedCamera(
    id="east", east_m=20.5, north_m=4.5, height_m=6.0, kind="fixed", heading_deg=90.0, tilt_deg=-10.0, hfov_deg=60.0,
    vfov_deg=60.0, width_px=1000, height_px=1000, range_m=40.0,
)  # fmt: skip
"""It looks east along the street with 866 pixels a radian: 25 px/m up to some 34 m away."""
AIMLESS = FixedCamera(
    id="aimless", east_m=70.5, north_m=4.5, height_m=6.0, kind="fixed", heading_deg=None, tilt_deg=-10.0, hfov_deg=60.0,
    vfov_deg=60.0, width_px=1000, height_px=1000, range_m=40.0,
)  # fmt: skip


def street(*blocks):
    top = np.zeros(GRID.shape, np.float32)
    for col_min, col_max, height_m in blocks:
        top[:, col_min:col_max] = height_m
    return HeightField(GRID, np.zeros_like(top), top)


def road(number, north_m, **options):
    return Road(
        f"road {number}", LineString([(0, north_m), (80, north_m)]), 4.0, "street", options.get("private", False), 0
    )


def town(cameras, *roads):
    return SimpleNamespace(cameras=cameras, roads=roads, zones_of=lambda kind: ())


SITE = town((EAST, AIMLESS), road(1, 40.0), road(2, 9.0), road(3, 4.5, private=True))


def judged(field, site=SITE):
    fixed = fixed_coverage(site, field)
    return fixed, causes_of(site, field, fixed)


def test_every_cause_along_one_street():
    fixed, causes = judged(street((50, 52, 9.0)))
    seen = fixed.density_px_per_m[4] >= 25
    reported = [CAUSES[k] for k in causes[4]]
    assert seen[30]
    assert reported[10] == "outside field of view"  # behind the camera, 10 m away
    assert reported[55] == "no line of sight"  # behind the block
    assert reported[70] == "out of range"  # 50 m away; the camera beside it counts for nothing
    fixed, causes = judged(street())
    assert 0 < fixed.density_px_per_m[4, 57] < 25
    assert CAUSES[causes[4, 57]] == "too few pixels"


def test_without_cameras_all_is_out_of_range():
    site = town(())
    field = street()
    _, causes = judged(field, site)
    assert not causes.any()
    fixed = fixed_coverage(site, field)
    spots = split_ground(np.ones(GRID.shape, bool), field, fixed, box(*GRID.bounds_m), 25.0)
    (spot,) = explain(site, spots, causes)
    assert (spot.cause, spot.camera, spot.street) == ("out of range", "", "")
    assert spot.area_m2 == spots.blind_area_m2


def test_each_blind_spot_is_of_one_street_and_one_cause_and_knows_the_nearest_camera():
    field = street((50, 52, 9.0))
    fixed, causes = judged(field)
    public = np.zeros(GRID.shape, bool)
    public[:, :19] = public[:, 53:57] = True
    spots = split_ground(public, field, fixed, box(*GRID.bounds_m), 25.0)
    west, east = explain(SITE, spots, causes)
    assert (west.cause, west.camera, west.street) == ("outside field of view", "east", "road 2")
    assert west.camera_distance_m == pytest.approx(1.5)
    assert (east.cause, east.area_m2) == ("no line of sight", 36.0)
    assert east.camera_distance_m == pytest.approx(53 - 20.5)
    areas = area_by_cause(spots, causes)
    assert sum(areas.values()) == spots.blind_area_m2 == west.area_m2 + east.area_m2
    assert areas["no line of sight"] == 36.0


def test_nothing_blind_is_no_spot():
    field = street()
    fixed, causes = judged(field)
    spots = split_ground(np.zeros(GRID.shape, bool), field, fixed, box(*GRID.bounds_m), 25.0)
    assert explain(SITE, spots, causes) == ()
