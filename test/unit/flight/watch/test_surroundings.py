"""The state of another drone from its status."""

from __future__ import annotations

from math import isnan, nan

import pytest

from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.surroundings import Other, hear_other, place_and_speed
from blindspot.mission.plan import Point

PLACE = (10.0, 20.0, 60.0)
SPEED_MPS = (4.0, -2.0, 1.0)


@pytest.mark.parametrize(("phase", "flies"), [
    ("preflight", False), ("armed", True), ("takeoff", True), ("en_route", True), ("hold", True), ("return", True),
    ("landing", True), ("landed", False), ("pilot", True), ("failed", True), ("a phase to come", True),
])  # fmt: skip
def test_a_drone_that_does_not_stand_flies(phase, flies):
    assert hear_other(None, "drone2", phase, PLACE, SPEED_MPS) == Other("drone2", *PLACE, flies, 0.0, SPEED_MPS)


def test_idle_after_a_failure_in_the_air_is_still_in_the_air():
    failed = hear_other(None, "drone2", "failed", PLACE, SPEED_MPS)
    assert hear_other(failed, "drone2", "idle", (0.0, 0.0, 0.0), SPEED_MPS) == failed
    landed = hear_other(None, "drone2", "landed", PLACE, SPEED_MPS)
    assert not hear_other(landed, "drone2", "idle", (0.0, 0.0, 0.0), SPEED_MPS).flies
    assert not hear_other(None, "drone2", "idle", (0.0, 0.0, 0.0), SPEED_MPS).flies


@pytest.mark.parametrize(("word", "flies"), [("up", True), ("down", False)])
@pytest.mark.parametrize("known", [None, Other("drone2", *PLACE, True), Other("drone2", *PLACE, False)])
def test_of_a_node_that_is_idle_the_autopilot_says_whether_the_drone_flies(known, word, flies):
    """A flight_control that was started again is idle, and its drone may be on its route."""
    heard = hear_other(known, "drone2", "idle", PLACE, SPEED_MPS, word)
    assert heard == Other("drone2", *PLACE, flies, 0.0, SPEED_MPS)
    assert hear_other(known, "drone2", "idle", (nan, nan, nan), SPEED_MPS, word).flies is flies


@pytest.mark.parametrize(("word", "before", "flies"), [
    ("up", False, True), ("down", True, False), ("unknown", True, True), ("unknown", False, False),
])  # fmt: skip
def test_a_drone_in_the_air_that_is_checked_for_a_flight_still_flies(word, before, flies):
    """A flight that is ordered while a pilot flies the drone begins its checks, and refuses it seconds later."""
    known = Other("drone2", *PLACE, before)
    heard = hear_other(known, "drone2", "preflight", PLACE, SPEED_MPS, word)
    assert (heard.flies, heard.silent_s, heard.up_m) == (flies, 0.0, PLACE[2])
    assert hear_other(known, "drone2", "preflight", (nan, nan, nan), SPEED_MPS, word).flies is flies


def test_its_speed_is_the_reported_one_even_if_its_places_are_far_apart():
    """Positions that arrived late and in one burst turned 5 m/s into 12, and sent other drones home."""
    here = hear_other(None, "drone2", "en_route", PLACE, SPEED_MPS)
    assert here.speed_mps == SPEED_MPS
    assert hear_other(here, "drone2", "en_route", (50.0, 20.0, 60.0), SPEED_MPS).speed_mps == SPEED_MPS
    assert hear_other(here, "drone2", "en_route", PLACE, (nan, 0.0, 0.0)).speed_mps == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("old", "place_is_known", "speed_is_known"), [
    ({}, True, True), ({"position_age_s": 1.6}, False, False), ({"state_age_s": 3.1}, False, False),
    ({"motion_age_s": 1.6}, True, False),
])  # fmt: skip
def test_old_values_are_not_reported_to_the_others(settings, old, place_is_known, speed_is_known):
    seen = Telemetry(0.0, east_m=1.0, north_m=2.0, height_m=50.0, east_mps=3.0, north_mps=4.0, up_mps=0.5,
                     **{"position_age_s": 0.1, "state_age_s": 0.1, "motion_age_s": 0.1, **old})  # fmt: skip
    place, speed_mps = place_and_speed(seen, Point(east_m=0.0, north_m=0.0, up_m=10.0), settings)
    assert place == (1.0, 2.0, 60.0) if place_is_known else isnan(place[0])
    assert speed_mps == (3.0, 4.0, 0.5) if speed_is_known else isnan(speed_mps[0])
