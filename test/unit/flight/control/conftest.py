"""A flight that inspects a place beside its route."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.flight.control.inspect import Inspection
from blindspot.mission.plan import Aim, Point

LOOK = Inspection(
    "A. Martin", Point(east_m=60.0, north_m=40.0, up_m=62.0), Aim(heading_deg=120.0, pitch_deg=-60.0), 5.0
)


@pytest.fixture
def may_inspect(new_flight, vehicle, route, settings, fly_to_view):
    """On the view, its way to be cleared by the vehicle's answer to "clear"."""
    return fly_to_view(new_flight(vehicle, route, settings, clear_way=lambda *_: vehicle.answer("clear")))


def ordered(flight, now_s=21.0, look=LOOK):
    """Asked for, held and cleared."""
    assert flight.inspect(look) == ""
    for step in range(4):
        flight.step(now_s + step / 10, "ok")
    return flight


@pytest.fixture
def inspecting(may_inspect, vehicle):
    """In OFFBOARD, the first set-points sent."""
    flight = ordered(may_inspect)
    assert flight.phase == "inspect" and vehicle.now.mode == "OFFBOARD"
    flight.stream(21.35)
    return flight


def at(vehicle, **changes):
    vehicle.now = replace(vehicle.now, **changes)
