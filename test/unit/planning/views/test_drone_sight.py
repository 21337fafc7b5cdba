"""The planner's kernel agrees with the coverage kernel, which is written apart from it."""

import math
from dataclasses import replace

import numpy as np
from hypothesis import given, settings, strategies as st

from blindspot.camera.optics import Lens
from blindspot.coverage.sight.drone_camera import drone_view
from blindspot.mission.plan import DensityBand
from blindspot.planning.views.drone_sight import SightScene, Targets, look
from blindspot.planning.views.picture import Picture, aim_axes
from blindspot.site.ground.grid import Grid, HeightField

LENS = Lens(35.0, 1920, 1080)
BAND = DensityBand(min_px_per_m=25.0, max_px_per_m=60.0)
HALF = (LENS.width_px / (2 * LENS.f_px), LENS.height_px / (2 * LENS.f_px))
PICTURE = Picture(*HALF, LENS.depth_for(60.0), LENS.depth_for(25.0))
SIZE = 120


def town(blocks):
    tops_m = np.zeros((SIZE, SIZE), np.float32)
    for row, col, rows, cols, height_m in blocks:
        tops_m[row : row + rows, col : col + cols] = height_m
    return HeightField(Grid(0.0, 0.0, 1.0, SIZE, SIZE), np.zeros_like(tops_m), tops_m)


def seen_by_both(field, up_m, heading_deg, pitch_deg, east_m=60.5, north_m=60.5):
    """(flat cells by the planner's kernel, by the coverage kernel, the highest density by the coverage kernel)."""
    cells = np.flatnonzero(~field.is_building)
    first, seen = look(
        SightScene.of(field, Targets.of(field, cells), PICTURE.reach_m),
        (east_m, north_m, up_m),
        aim_axes(np.array([[heading_deg, pitch_deg]])),
        PICTURE,
        PICTURE,
    )
    view = drone_view(field, LENS, east_m, north_m, up_m, heading_deg, pitch_deg, BAND)
    return set(cells[seen[first[0] : first[1]]].tolist()), set(view.cells.tolist()), view.max_px_per_m


blocks = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(1, 25), st.integers(1, 25), st.floats(3, 28)),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(
    blocks=blocks, up_m=st.floats(60, 115), heading_deg=st.floats(0, 359.9), pitch_deg=st.floats(-90, -50)
)  # fmt: skip
def test_both_kernels_see_the_same_ground(blocks, up_m, heading_deg, pitch_deg):
    field = town([b for b in blocks if not (b[0] <= 60 < b[0] + b[2] and b[1] <= 60 < b[1] + b[3])])
    planned, counted, px_per_m = seen_by_both(field, up_m, heading_deg, pitch_deg)
    if not planned:
        assert not counted or px_per_m > BAND.max_px_per_m * 0.97
        return
    differing = planned ^ counted
    assert len(differing) <= 0.01 * len(counted) + 3


def test_straight_down_over_open_ground_the_picture_is_a_rectangle():
    planned, counted, _ = seen_by_both(town([]), 80.0, 0.0, -90.0)
    depth_m = 80.0 - 1.7
    expected = 2 * HALF[0] * depth_m * 2 * HALF[1] * depth_m
    assert planned == counted
    assert math.isclose(len(planned), expected, rel_tol=0.05)


def test_a_roof_too_near_bars_the_whole_view():
    """From 80 m a roof of 35 m is 45 m away: 68 px/m, over the cap of 60."""
    high = [(50, 50, 5, 5, 35.0)]
    planned, _, px_per_m = seen_by_both(town(high), 80.0, 0.0, -90.0)
    assert planned == set()
    assert px_per_m > 60.0


def test_a_wall_ends_at_its_own_ground():
    """A terrace 30 m up, a pit beside it: from 60 m over the terrace, nothing there is nearer than the 51 m of the cap,
    whatever lies deeper elsewhere."""
    flat = town([])
    ground_m = np.full((SIZE, SIZE), 30.0, np.float32)
    ground_m[:, :10] = -40.0
    terrace = HeightField(flat.grid, ground_m, ground_m)
    level, _, _ = seen_by_both(flat, 60.0, 90.0, -60.0)
    raised, counted, _ = seen_by_both(terrace, 90.0, 90.0, -60.0)
    assert raised == level == counted != set()


def test_a_street_behind_a_wall_is_hidden_from_the_side_and_seen_from_above_it():
    wall = town([(0, 70, 120, 2, 25.0)])
    behind = 60 * SIZE + 73
    beside, _, _ = seen_by_both(wall, 80.0, 90.0, -75.0)
    above, _, _ = seen_by_both(wall, 80.0, 90.0, -90.0, east_m=80.5)
    assert behind not in beside
    assert behind in above


def test_an_aim_that_sees_only_done_targets_sees_nothing():
    field = town([])
    cells = np.flatnonzero(~field.is_building)
    scene = SightScene.of(field, Targets.of(field, cells), 40.0)
    axes = aim_axes(np.array([[0.0, -90.0], [0.0, -50.0]]))

    def seen_by_each(done):
        first, seen = look(scene, (60.5, 60.5, 80.0), axes, PICTURE, PICTURE, done)
        return [seen[first[k] : first[k + 1]].tolist() for k in range(2)]

    down, ahead = seen_by_each(np.zeros(len(cells), dtype=bool))
    assert down
    assert ahead
    done = np.ones(len(cells), dtype=bool)
    assert seen_by_each(done) == [[], []]
    done[[ahead[-1]]] = False
    assert ahead[-1] not in down
    assert seen_by_each(done) == [[], ahead]


def test_a_ridge_too_near_bars_the_whole_view():
    """From 80 m eaves of 20 m are 60 m away, a ridge of 35 m is 45 m away: 68 px/m, over the cap of 60."""
    eaves = town([(50, 50, 5, 5, 20.0)])
    gabled = replace(eaves, peak_m=np.where(eaves.is_building, np.float32(35.0), eaves.top_m))
    assert seen_by_both(eaves, 80.0, 0.0, -90.0)[0]
    planned, _, px_per_m = seen_by_both(gabled, 80.0, 0.0, -90.0)
    assert planned == set() and px_per_m > BAND.max_px_per_m
