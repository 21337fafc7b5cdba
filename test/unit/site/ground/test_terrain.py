import numpy as np
import pytest
from hypothesis import given, strategies as st

from blindspot.site.ground.grid import Grid
from blindspot.site.ground.terrain import FLAT, Terrain

# Four posts, 10 m apart, at (5, 5), (15, 5), (5, 15), (15, 15).
FOUR = Terrain(Grid(0.0, 0.0, 10.0, 2, 2), np.array([[0, 10], [20, 40]], np.float32))
places = st.floats(-300, 300)


def hills(seed: int) -> Terrain:
    return Terrain(Grid(-100.0, -60.0, 7.0, 18, 31), np.random.default_rng(seed).uniform(-9, 9, (18, 31)).astype("f4"))


def test_flat_ground_lies_at_the_datum():
    grid = Grid(0.0, 0.0, 0.5, 3, 4)
    assert FLAT.is_flat and FLAT.at(3.0, -4.0) == 0.0 == FLAT.highest_m
    assert not FLAT.on(grid).any() and FLAT.on(grid).shape == grid.shape


@pytest.mark.parametrize(
    ("east_m", "north_m", "height_m"),
    [(5, 5, 0), (15, 15, 40), (10, 5, 5), (5, 10, 10), (10, 10, 17.5), (-90, -90, 0), (99, 99, 40), (10, 99, 30)],
)
def test_heights_between_the_posts_are_bilinear_and_beyond_them_the_nearest(east_m, north_m, height_m):
    assert FOUR.at(east_m, north_m) == pytest.approx(height_m)
    assert FOUR.highest_m == 40


def test_one_post_is_level_ground():
    assert Terrain(Grid(0.0, 0.0, 10.0, 1, 1), np.full((1, 1), 3, np.float32)).at(77.0, -5.0) == 3.0


@given(seed=st.integers(0, 99), east_m=places, north_m=places)
def test_a_point_and_an_array_of_points_are_the_same(seed, east_m, north_m):
    terrain = hills(seed)
    assert terrain.at(east_m, north_m) == terrain.heights_m(np.array([east_m]), np.array([north_m]))[0]


@given(
    seed=st.integers(0, 99), east_m=st.floats(-150, 150), north_m=st.floats(-100, 100),
    cell_m=st.sampled_from([0.5, 3.0, 12.5]),
)  # fmt: skip
def test_a_grid_has_the_heights_of_its_centres(seed, east_m, north_m, cell_m):
    grid = Grid(east_m, north_m, cell_m, 13, 8)
    centres = grid.centres(np.arange(13 * 8))
    expected = hills(seed).heights_m(centres[:, 0], centres[:, 1]).reshape(grid.shape)
    found = hills(seed).on(grid)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-4)
