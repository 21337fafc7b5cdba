"""Horizons of targets agree with lines of sight that are traced cell by cell."""

import numpy as np

from blindspot.planning.views.drone_sight import SightScene, Targets, clear_ones
from blindspot.planning.views.horizon import SECTORS, horizons, is_over, sector_of
from blindspot.planning.views.too_near import Place
from blindspot.site.ground.grid import Grid, HeightField


def test_sectors_run_clockwise_from_north():
    angles = np.radians(np.arange(0.5, 360.0))
    sectors = [sector_of(np.sin(angle), np.cos(angle)) for angle in angles]
    assert sectors == sorted(sectors) and (sectors[0], sectors[-1]) == (0, SECTORS - 1)
    corners = ((1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0))
    assert [sector_of(*to) * 4 // SECTORS for to in corners] == [0, 1, 2, 3]


def test_an_eye_over_the_horizon_is_in_sight_and_one_below_it_is_not():
    """Streets between blocks of 6 to 18 m. Few lines beside corners are misjudged, most of them to the safe side."""
    chance = np.random.default_rng(5)
    grid = Grid(0.0, 0.0, 0.5, 240, 240)
    roofs_m = np.where(chance.random((12, 12)) < 0.4, chance.uniform(6.0, 18.0, (12, 12)), 0.0)
    top_m = np.kron(roofs_m, np.ones((20, 20)))
    field = HeightField(grid, np.zeros(grid.shape, dtype=np.float32), top_m.astype(np.float32))
    scene = SightScene.of(field, Targets.of(field, np.flatnonzero(top_m == 0.0)[::97]), 20.0)
    found = horizons(scene.roofs, scene.targets, 60.0)
    over, clear = [], []
    for i, (east_m, north_m) in enumerate(zip(scene.east_m, scene.north_m, strict=True)):
        for away_east_m, away_north_m in chance.uniform(-30.0, 30.0, (20, 2)):
            eye = Place(east_m + away_east_m, north_m + away_north_m, 40.0)
            over.append(is_over(found, i, away_east_m, away_north_m, 40.0))
            clear.append(len(clear_ones(scene.roofs, eye, scene.targets, np.array([i]))) == 1)
    over, clear = np.array(over), np.array(clear)
    assert 0.2 < clear.mean() < 0.9
    assert (over & ~clear).mean() < 0.01
    assert (clear & ~over).mean() < 0.02


def test_only_obstacles_in_reach_make_a_horizon():
    """Walks end where nothing in reach is higher. So a tower beside the town changes the targets around it only, and
    those have the horizons of walks that go on as far as they may."""
    chance, grid = np.random.default_rng(6), Grid(0.0, 0.0, 0.5, 400, 400)
    top_m = np.kron(chance.uniform(0.0, 3.0, (20, 20)), np.ones((20, 20))).astype(np.float32)
    top_m[:8, :8] = 90.0
    field = HeightField(grid, np.zeros(grid.shape, dtype=np.float32), top_m)
    scene = SightScene.of(field, Targets.of(field, np.arange(5, 400 * 400, 613)), 20.0)
    far = scene.roofs._replace(block_top=np.full_like(scene.block_top_m, 1e3))
    found = horizons(scene.roofs, scene.targets, 30.0)
    assert (found == horizons(far, scene.targets, 30.0)).all()
    away_m = np.hypot(scene.east_m - 2.0, scene.north_m - 2.0)
    assert found[(away_m > 10.0) & (away_m < 25.0)].max(axis=1).min() > 9.0
