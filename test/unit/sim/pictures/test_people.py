import numpy as np
from hypothesis import given, strategies as st

from blindspot.site.ground.grid import Grid
from blindspot.vision.town.seen_town import Town
from blindspot_sim.pictures.people import People

CROSS = np.zeros((120, 120), bool)
CROSS[50:70, :] = CROSS[:, 50:70] = True
TOWN = Town(Grid(-30.0, -30.0, 0.5, 120, 120), np.full((120, 120), 2.5, np.float32), CROSS, CROSS, (), ())
EVERYONE = People(TOWN, 25, seed=5)
AGAIN = People(TOWN, 25, seed=5)


@given(time_s=st.floats(0, 1e5))
def test_people_stay_on_the_allowed_ground(time_s):
    people = EVERYONE.at(time_s)
    assert len(people) == 25
    assert all(TOWN.is_allowed(p.east_m, p.north_m) for p in people)
    assert {p.up_m for p in people} == {2.5}


@given(time_s=st.floats(0, 1e4), later_s=st.floats(0.01, 2))
def test_people_walk_at_walking_speed(time_s, later_s):
    for a, b in zip(EVERYONE.at(time_s), EVERYONE.at(time_s + later_s), strict=True):
        assert np.hypot(b.east_m - a.east_m, b.north_m - a.north_m) <= 1.9 * later_s + 1e-6


@given(time_s=st.floats(0, 1e4))
def test_where_people_are_depends_on_seed_and_time_alone(time_s):
    assert AGAIN.at(time_s) == EVERYONE.at(time_s)


def test_people_do_walk():
    assert any(a.east_m != b.east_m for a, b in zip(EVERYONE.at(0), EVERYONE.at(10), strict=True))


def test_an_empty_town_has_nobody():
    empty = Town(TOWN.grid, TOWN.ground_m, ~CROSS & CROSS, ~CROSS & CROSS, (), ())
    assert People(empty, 10, seed=1).at(0.0) == ()
    assert People(TOWN, 0, seed=1).at(0.0) == ()
