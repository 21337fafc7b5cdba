"""The time limit of a way home that the ground station commands."""

from __future__ import annotations

from types import SimpleNamespace

from blindspot.flight.route.time_limits import time_limit_s, way_home_limit_s


def test_the_ground_station_waits_at_least_as_long_as_flight_control(route, settings):
    own_s = time_limit_s("return", route, settings) + time_limit_s("landing", route, settings)
    assert own_s <= way_home_limit_s(SimpleNamespace(routes=(route,))) <= own_s + 300.0
