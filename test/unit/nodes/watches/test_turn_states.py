"""What a drone of a watch does, by the phase of its flight and its place."""

from math import nan

import pytest
from test.factories import at

from blindspot.nodes.watches.turn_states import LEFT_POST_M, STATES, state_in_turn
from blindspot.operations.watches import AT_POST_M

POST, NEAR, GUST, AWAY = (
    (0.0, 0.0, 60.0), (AT_POST_M - 0.1, 0.0, 60.0), (AT_POST_M + 0.1, 0.0, 60.0), (LEFT_POST_M + 0.1, 0.0, 60.0),
)  # fmt: skip


@pytest.mark.parametrize(("phase", "before", "place", "state"), [
    ("preflight", "ready", AWAY, "starting"),
    ("takeoff", "starting", AWAY, "under_way"),
    ("en_route", "under_way", AWAY, "under_way"),
    ("en_route", "under_way", NEAR, "on_post"),
    ("en_route", "on_post", GUST, "on_post"),
    ("en_route", "on_post", AWAY, "homeward"),
    ("en_route", "homeward", NEAR, "homeward"),
    ("hold", "on_post", NEAR, "holding"),
    ("en_route", "holding", NEAR, "on_post"),
    ("en_route", "holding", AWAY, "under_way"),
    ("return", "on_post", NEAR, "homeward"),
    ("pilot", "on_post", NEAR, "out"),
    ("idle", "starting", AWAY, "starting"),
    ("idle", "homeward", AWAY, "homeward"),
    ("reattach", "on_post", AWAY, "on_post"),
    ("nonsense", "on_post", NEAR, "out"),
])  # fmt: skip
def test_each_phase_shows_what_the_drone_does(phase, before, place, state):
    assert state_in_turn(phase, before, place, at(*POST)) == state


@pytest.mark.parametrize(("before", "state"), [("on_post", "on_post"), ("under_way", "under_way"), (None, "under_way")])
def test_a_drone_whose_place_is_unknown_is_where_it_was(before, state):
    assert state_in_turn("en_route", before, (nan, 0.0, 60.0), at(*POST)) == state


def test_every_phase_of_a_flight_but_the_route_has_its_state():
    from blindspot.flight.route import PHASES

    assert set(PHASES) - set(STATES) == {"en_route", "reattach"}
