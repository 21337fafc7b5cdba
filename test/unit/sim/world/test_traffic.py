import math
from itertools import pairwise

import numpy as np
import pytest

from blindspot.site.ground.grid import Grid
from blindspot.vision.town.seen_town import Town
from blindspot_sim.pictures.people import People
from blindspot_sim.world.traffic import DRIVE_MPS, TURN_S, cars, people

PUBLIC = np.zeros((200, 200), bool)
PUBLIC[80:120, :] = True
STREET = (np.array([(-45.0, 0.0), (0.0, 0.0), (45.0, 0.0)]), 8.0)
ALLEY, SHORT = (np.array([(-45.0, 5.0), (45.0, 5.0)]), 3.0), (np.array([(0.0, 0.0), (20.0, 0.0)]), 8.0)
TOWN = Town(
    Grid(-50.0, -50.0, 0.5, 200, 200), np.full((200, 200), 2.0, np.float32), PUBLIC, PUBLIC, (), (STREET, ALLEY, SHORT)
)


def check_way(way, speed_mps):
    """Closed, forwards in time, at one speed along each side, turning only on the spot by at most half a turn."""
    assert way[0][1:3] == pytest.approx(way[-1][1:3])
    for (t, e, n, _, yaw), (later, next_e, next_n, up, next_yaw) in pairwise(way):
        far = math.hypot(next_e - e, next_n - n)
        assert up == 2.0
        if far > 1e-6:
            assert far / (later - t) == pytest.approx(speed_mps)
            assert yaw == next_yaw
            assert math.cos(yaw - math.atan2(next_n - n, next_e - e)) == pytest.approx(1.0)
        else:
            assert later - t == pytest.approx(TURN_S)
            assert abs(next_yaw - yaw) <= math.pi + 1e-9


def test_people_walk_as_in_the_embedded_simulation():
    walks = People(TOWN, 10, seed=3)
    movers = people(TOWN, 10, seed=3)
    assert len(movers) == 10
    for mover, walk, person in zip(movers, walks.walks, walks.at(0.0), strict=True):
        check_way(mover.way, walk.pace_mps)
        assert mover.way[0][1:3] == pytest.approx((person.east_m, person.north_m))
        assert math.degrees(mover.way[0][4]) % 360 == pytest.approx((90 - person.heading_deg) % 360)


def test_cars_drive_on_the_right_of_streets_that_are_wide_and_long_enough():
    (car,) = cars(TOWN, 5, seed=3)
    check_way(car.way, DRIVE_MPS)
    for _, _, north_m, _, yaw in car.way:
        if abs(math.cos(yaw)) > 0.99:
            assert north_m == pytest.approx(-2.0 * math.copysign(1.0, math.cos(yaw)))


def test_zero_people_and_cars_are_possible():
    assert people(TOWN, 0, seed=1) == [] and cars(TOWN, 0, seed=1) == []
