"""Targets seen from a leg: cases by hand, and a comparison with single pictures of the coverage kernel."""

import numpy as np
import pytest

from blindspot.coverage.sight.drone_camera import drone_view
from blindspot.mission.mission_file import load_mission
from blindspot.planning.views.candidates import lens_of, pictures
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.legs import DWELL_S, InSight, aiming_m, joined, seen_on_leg, sweep_legs
from blindspot.planning.views.picture import aim_axes
from blindspot.site.ground.grid import Grid, HeightField

UP_M = 100.0


@pytest.fixture(scope="module")
def mission(request):
    return load_mission(request.config.rootpath / "config" / "missions" / "crossroads.yaml")


@pytest.fixture(scope="module")
def town():
    """Flat ground, 300 x 300 m, with one wall of 40 m that runs north beside the leg."""
    grid = Grid(0.0, 0.0, 0.5, 600, 600)
    top_m = np.zeros(grid.shape, dtype=np.float32)
    top_m[200:400, 310:314] = 40.0  # 155 to 157 m east
    return HeightField(grid, np.zeros(grid.shape, dtype=np.float32), top_m)


def seen(town, mission, cells, start, end, heading_deg=0.0, speed_mps=6.0):
    targets = Targets.of(town, np.array(cells))
    counts_in, _ = pictures(mission.model_of("drone1"), mission.file.band)
    axes = aim_axes(np.array([(heading_deg, -90.0)]))
    _, lists = sweep_legs(town, np.array([start]), np.array([end]), UP_M, axes, targets, counts_in, speed_mps)
    found = joined(lists)
    return {cells[k] for k in found}


def cell(east_m, north_m):
    return int(north_m / 0.5) * 600 + int(east_m / 0.5)


def test_ground_along_the_way_is_seen_and_ground_beside_the_picture_is_not(town, mission):
    under, beside, behind_wall = cell(150, 150), cell(190, 150), cell(158, 150)
    assert seen(town, mission, [under, beside, behind_wall], (150.0, 100.0), (150.0, 200.0)) == {under}


def test_ground_that_leaves_the_picture_within_a_second_does_not_count(town, mission):
    """Ahead of the leg's end the picture shows some ground only on the last metres of the leg: too short to count."""
    half_m = pictures(mission.model_of("drone1"), mission.file.band)[0].half_height * UP_M
    inside, at_the_edge = cell(150, 200 + half_m - 10.0), cell(150, 200 + half_m - 5.0)
    assert seen(town, mission, [inside, at_the_edge], (150.0, 100.0), (150.0, 200.0)) == {inside}


def test_the_sweep_agrees_with_single_pictures(town, mission):
    chance = np.random.default_rng(3)
    cells = [cell(*place) for place in chance.uniform(100.0, 200.0, (300, 2))]
    start, end = np.array([110.0, 120.0]), np.array([180.0, 190.0])
    found = seen(town, mission, cells, start, end, heading_deg=45.0)
    model, among = mission.model_of("drone1"), np.ones(town.grid.shape, dtype=bool)
    length_m = float(np.hypot(*(end - start)))
    step_m = length_m / 99
    looks = (
        drone_view(town, lens_of(model), *(start + s * (end - start)), UP_M, 45.0, -90.0, mission.file.band,
                   among=among, uncertainty_m=1.0).cells
        for s in np.linspace(0.0, 1.0, 100)
    )  # fmt: skip
    exact = set(seen_on_leg(looks, step_m, 6.0).tolist()) & set(cells)
    assert len(found) > 100
    assert len(found ^ exact) <= 0.03 * len(found)


def test_ground_in_sight_only_in_pieces_does_not_count():
    pictures_of = [np.array([7, 8], dtype=np.int32), np.array([7], dtype=np.int32), np.array([8], dtype=np.int32)]
    assert seen_on_leg(pictures_of, 3.0, 3.0 / DWELL_S).tolist() == [7]


@pytest.mark.parametrize("seed", range(5))
def test_ground_that_stays_in_sight_is_the_same_if_it_is_looked_at_no_further(seed):
    chance, among = np.random.default_rng(seed), np.ones((10, 10), dtype=bool)
    pictures_of = [np.flatnonzero(chance.random(100) < 0.6).astype(np.int32) for _ in range(12)]
    in_sight = InSight(among, 3.0, 6.0)
    for picture in pictures_of:
        in_sight.add(picture[in_sight.left.flat[picture]])
    assert in_sight.cells().tolist() == seen_on_leg(pictures_of, 3.0, 6.0).tolist()
    assert np.flatnonzero(~in_sight.left).tolist() == in_sight.cells().tolist()
    assert 0 < len(in_sight.cells()) < 100 and among.all()


def test_the_camera_has_turned_after_half_a_turn_of_the_nose(mission):
    """3 s at 60 deg/s: 2 s of speeding up to 6 m/s at 3 m/s2 are 6 m, one second more is 6 m."""
    assert aiming_m(mission.model_of("drone1"), 6.0) == pytest.approx(12.0)


def test_lists_of_targets_are_joined_in_their_order_and_let_go():
    lists = [np.array(some, dtype=np.int32) for some in ([4, 9], [], [1], [2, 3, 5])]
    assert joined(lists).tolist() == [4, 9, 1, 2, 3, 5]
    assert not lists
    assert joined([]).dtype == np.int32
