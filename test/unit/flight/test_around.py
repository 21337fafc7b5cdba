"""What is made of another drone's status."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest

from blindspot.flight.around import Other, hear_other

PLACE = (10.0, 20.0, 60.0)


@pytest.mark.parametrize(("phase", "flies"), [
    ("preflight", False), ("armed", True), ("takeoff", True), ("en_route", True), ("hold", True), ("return", True),
    ("landing", True), ("landed", False), ("pilot", True), ("failed", True), ("a phase to come", True),
])  # fmt: skip
def test_what_does_not_stand_flies(phase, flies):
    assert hear_other(None, "drone2", phase, PLACE, 0.5) == Other("drone2", *PLACE, flies=flies, silent_s=0.0)


def test_idle_after_a_failure_in_the_air_is_still_in_the_air():
    failed = hear_other(None, "drone2", "failed", PLACE, 0.5)
    assert hear_other(failed, "drone2", "idle", (0.0, 0.0, 0.0), 0.5) == failed
    landed = hear_other(None, "drone2", "landed", PLACE, 0.5)
    assert not hear_other(landed, "drone2", "idle", (0.0, 0.0, 0.0), 0.5).flies
    assert not hear_other(None, "drone2", "idle", (0.0, 0.0, 0.0), 0.5).flies


def test_its_speed_is_told_by_its_places():
    here = hear_other(None, "drone2", "en_route", PLACE, inf)
    assert here.speed_mps == (0.0, 0.0, 0.0)
    assert hear_other(here, "drone2", "en_route", (12.0, 19.0, 60.5), 0.5).speed_mps == (4.0, -2.0, 1.0)
    assert hear_other(here, "drone2", "en_route", (nan, 19.0, 60.5), 0.5).speed_mps == (0.0, 0.0, 0.0)


def test_places_told_at_once_say_nothing_of_its_speed():
    here = replace(hear_other(None, "drone2", "en_route", PLACE, inf), speed_mps=(5.0, 0.0, 0.0))
    for after_s in (0.0, 0.02, 0.29):
        assert hear_other(here, "drone2", "landed", (10.5, 20.0, 60.0), after_s) == replace(here, flies=False)
