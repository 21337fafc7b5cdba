"""A look that a person prolongs: by a new order from the same view, which the gate judges anew. The drone looks on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test.unit.flight.control.conftest import LOOK, at

from blindspot.mission.plan import Aim, Point

AGAIN = replace(LOOK, person="B. Petit", reason="the smoke grows", seconds=10.0)


class Looking:
    """A drone that looks from the view, stepped ten times a second."""

    def __init__(self, flight, vehicle):
        self.flight, self.vehicle, self.now_s, self.looked_s = flight, vehicle, 21.35, 0.0

    def run(self, for_s=60.0, until=lambda: False):
        end_s = self.now_s + for_s
        while self.now_s < end_s and self.flight.phase == "inspect" and not until():
            self.now_s += 0.1
            self.flight.stream(self.now_s)
            place, _ = self.vehicle.setpoints[-1]
            at(self.vehicle, east_m=place.east_m, north_m=place.north_m, gimbal_pitch_deg=-60.0,
               gimbal_heading_deg=120.0)  # fmt: skip
            self.flight.step(self.now_s, "ok")
            self.looked_s += 0.1 * (not self.flight.sensor_inhibited)


@pytest.fixture
def looking(inspecting, vehicle):
    """Three of five seconds of the look are over."""
    one = Looking(inspecting, vehicle)
    one.run(until=lambda: one.looked_s >= 3.0)
    vehicle.asked.clear()
    return one


def test_a_new_order_at_the_same_view_needs_no_way_and_begins_the_look_anew(looking):
    assert looking.flight.inspect(AGAIN) == ""
    looking.run()
    assert looking.looked_s == pytest.approx(3.0 + 10.0, abs=0.4), "the camera stayed on"
    assert looking.vehicle.asked == ["clear", "AUTO.LOITER"], "judged anew, and no other request until the hold"
    assert looking.flight.inspection == "done" and "B. Petit" in looking.flight.reason
    assert looking.flight.resume("A. Martin") == ""


def test_until_the_gate_answers_the_first_look_goes_on_and_ends_in_its_time(looking):
    looking.vehicle.answers["clear"] = ("pending", "")
    assert looking.flight.inspect(AGAIN) == ""
    looking.run(0.5)
    assert (looking.flight.inspection, looking.flight.phase) == ("waiting for the gate", "inspect")
    assert "is judged" in looking.flight.inspect(AGAIN), "one order at a time"
    looking.run()
    assert looking.looked_s == pytest.approx(5.0, abs=0.3) and looking.flight.phase == "hold"
    assert "before the gate" in looking.flight.reason


def test_a_refused_order_leaves_the_first_look_as_it_was(looking):
    looking.vehicle.answers["clear"] = ("refused", "PUR-06: the minutes of this place are used up")
    assert looking.flight.inspect(AGAIN) == ""
    looking.run(0.3)
    assert looking.flight.inspection == "refused" and "PUR-06" in looking.flight.reason
    looking.run()
    assert looking.looked_s == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize("other", [
    replace(AGAIN, to=Point(east_m=62.0, north_m=40.0, up_m=62.0)),
    replace(AGAIN, aim=Aim(heading_deg=121.0, pitch_deg=-60.0)),
])  # fmt: skip
def test_another_view_waits_for_the_hold(looking, other):
    assert "inspects already" in looking.flight.inspect(other)
    assert looking.vehicle.asked == []


@pytest.mark.parametrize(("changes", "order", "why"), [
    ({}, replace(AGAIN, person=" "), "name of a person"), ({"battery_fraction": 0.2}, AGAIN, "battery"),
    ({}, replace(AGAIN, seconds=61.0), "up to 60 s"),
])  # fmt: skip
def test_the_drone_judges_the_order_anew(looking, changes, order, why):
    at(looking.vehicle, **changes)
    assert why in looking.flight.inspect(order)
    assert looking.vehicle.asked == []


def test_a_drone_on_its_way_out_or_back_is_not_prolonged(inspecting, vehicle):
    assert "inspects already" in inspecting.inspect(AGAIN)


def test_a_hold_ends_the_look_and_the_waiting_order(looking):
    looking.vehicle.answers["clear"] = ("pending", "")
    assert looking.flight.inspect(AGAIN) == "" and looking.flight.hold("a stop") == ""
    looking.now_s += 0.1
    looking.flight.step(looking.now_s, "ok")
    assert (looking.flight.phase, looking.flight.sensor_inhibited) == ("hold", True)
    assert "clear" not in looking.vehicle.asked[1:]


def test_a_drone_whose_mission_is_the_look_comes_home_after_a_prolonged_look(looking):
    assert looking.flight.inspect(replace(AGAIN, then="return")) == ""
    looking.run()
    assert looking.looked_s == pytest.approx(13.0, abs=0.4)
    assert (looking.flight.phase, looking.vehicle.now.mode) == ("return", "AUTO.RTL")
