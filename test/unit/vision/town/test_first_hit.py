import numpy as np
import pytest

from blindspot.vision.town.first_hit import TownRays

EYE = np.array([0.0, 0.0, 60.0])


@pytest.fixture(scope="module")
def rays(town):
    """One block, 12 m high, at 10..30 east and -20..20 north."""
    return TownRays(town)


def test_the_first_wall_stops_the_way_and_a_roof_does_not(rays):
    behind = np.array([35.0, 0.0, 0.0])
    assert rays.walls.first(np.array([0.0, 0.0, 6.0]), behind) == pytest.approx(10 / 35)
    assert rays.walls.first(EYE, behind) == pytest.approx(30 / 35)  # in over the roof, out through the wall
    assert rays.walls.first(np.array([0.0, 0.0, 100.0]), behind) is None


def test_a_way_beside_the_block_is_free(rays):
    assert rays.walls.first(EYE, np.array([40.0, 70.0, 0.0])) is None


def test_straight_down_meets_no_wall(rays):
    assert rays.walls.first(EYE, np.array([0.0, 0.0, 0.0])) is None


@pytest.mark.parametrize(("place", "is_built"), [((20, 0), True), ((20, 21), False), ((31, 0), False), ((0, 0), False)])
def test_points_inside_buildings_are_known_by_height(rays, place, is_built):
    assert rays.walls.is_built(*place) == is_built
    assert not rays.walls.is_built(*place, 12.5)


def test_of_a_part_of_the_town_the_same_is_known(rays):
    """Ways from west to east through a box, asked of its walls and of all."""
    low, high = np.array([-5.0, -25.0]), np.array([25.0, 25.0])
    part, rng = rays.walls.between(low, high), np.random.default_rng(1)
    for _ in range(50):
        start, end = (np.append(rng.uniform(low, high), z) for z in (20.0, 0.0))
        assert part.first(start, end) == rays.walls.first(start, end)
        assert part.is_built(end[0], end[1]) == rays.walls.is_built(end[0], end[1])


def test_a_ray_that_rises_or_leaves_the_town_ends_nowhere(rays):
    assert rays.ground(EYE, np.array([0.0, 1.0, 0.1]), 0.85) is None
    assert rays.ground(EYE, np.array([0.0, 1.0, -0.2]), 0.85) is None


def test_the_ground_is_met_at_half_a_person(rays):
    hit = rays.ground(EYE, np.array([0.0, 0.5, -1.0]), 0.85)
    assert hit.length == pytest.approx(59.15)
    assert hit.foot_m == pytest.approx([0.0, 29.575, 0.0])
    assert hit.normal == pytest.approx([0, 0, 1])
