"""Breaches that the observer of a fault campaign reports, and its exclusions: records written by hand."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from pathlib import Path
from types import SimpleNamespace

import pytest
from shapely.geometry import box
from test.factories import cost_of, route_of

from blindspot.core.config_file import read_yaml
from blindspot.flight.route.settings import FlightSettings
from blindspot.mission.drone_model import DroneModel
from blindspot.site.town.model import Building, Zone
from blindspot_lab.campaign.faulty_fleet import Record
from blindspot_lab.campaign.observer import judge

REPOSITORY = Path(__file__).resolve().parents[4]
FENCE = ((-100.0, -100.0), (300.0, -100.0), (300.0, 100.0), (-100.0, 100.0))
TOWN = SimpleNamespace(site=SimpleNamespace(
    buildings=(Building("tower", box(40.0, -5.0, 50.0, 5.0), 0.0, 60.0, False),),
    zones=(Zone("prison", "no_fly", box(100.0, -5.0, 110.0, 5.0), floor_m=50.0),),
))  # fmt: skip
RATE_HZ = 2


@pytest.fixture(scope="module")
def settings():
    return FlightSettings(read_yaml(REPOSITORY / "config/drones/reference.yaml", DroneModel), simulated=True)


@pytest.fixture
def record(settings):
    """A minute over (0, 50, 70), 50 m off the pad: in AUTO.MISSION, leased, heard, with half a battery, then landed."""
    route = route_of(pad="a", up_m=70.0, failsafe={"fence": FENCE, "parameters": {"MPC_XY_CRUISE": 5.0}},
                     expected=cost_of(60.0, 0.0, 0.0, 1.0))  # fmt: skip
    record = Record(route, settings, outcome="completed", ended_s=60.0)
    for k in range(60 * RATE_HZ):
        record.samples.append((k / RATE_HZ, 0.0, 50.0, 70.0, 0.5, True, False, False))
        record.modes.append("AUTO.MISSION")
        record.phases.append("en_route")
        record.leases.append((k / RATE_HZ, k / RATE_HZ + 3.0))
    record.samples.append((60.0, 0.0, 50.0, 0.0, 0.5, False, True, False))
    record.modes.append("AUTO.LAND")
    record.phases.append("landed")
    record.heard += [(float(k), "AUTO.MISSION", True) for k in range(60)]
    return record


def change(record, field, value, since_s, until_s=inf):
    """Overwrite one field of the samples of a time."""
    for k, sample in enumerate(record.samples):
        if since_s <= sample[0] < until_s:
            record.samples[k] = (*sample[:field], value, *sample[field + 1 :])


EAST, NORTH, UP, BATTERY, ARMED, LANDED, BLIND = range(1, 8)


def rules(*records):
    return [breach.rule for breach in judge(TOWN, list(records))[0]]


def test_a_flight_in_order_breaks_no_rule(record):
    breaches, margins = judge(TOWN, [record])
    assert breaches == []
    assert (margins.buildings_m, margins.zones_m, margins.drones_m) == (inf, pytest.approx(109.7, abs=0.1), inf)
    assert (margins.fence_m, margins.landed_wh) == (pytest.approx(10.0), pytest.approx(45.0))


@pytest.mark.parametrize(("place", "broken"), [
    ((45.0, 0.0, 59.0), ["building"]), ((45.0, 0.0, 62.0), []),
    ((105.0, 0.0, 60.0), ["no-fly zone"]), ((105.0, 0.0, 40.0), []),
    ((0.0, 101.1, 70.0), ["fence"]), ((0.0, 100.9, 70.0), []), ((0.0, 50.0, 81.1), ["fence"]),
])  # fmt: skip
def test_a_place_where_no_drone_may_be(record, place, broken):
    for field, value in zip((EAST, NORTH, UP), place, strict=True):
        change(record, field, value, 20.0, 60.0)
    assert rules(record) == broken


def test_between_two_samples_it_flew_straight(record):
    change(record, EAST, 45.0, 20.0)
    change(record, UP, 50.0, 20.0)
    change(record, NORTH, -50.0, 20.5)
    assert rules(record) == ["building"]


def test_drift_without_a_position_is_excluded(record):
    change(record, BLIND, True, 19.0, 20.0)
    change(record, NORTH, 120.0, 25.0)
    assert rules(record) == []


def test_an_ordered_landing_without_any_position_breaks_no_rule_of_places(record):
    change(record, BLIND, True, 0.0)
    record.deeds.append((18.0, "lands", "A. Martin"))
    record.modes[19 * RATE_HZ :] = ["AUTO.LAND"] * len(record.modes[19 * RATE_HZ :])
    assert rules(record) == []


@pytest.mark.parametrize(("mode", "broken"), [("AUTO.LAND", []), ("AUTO.RTL", ["building"])])
def test_a_drone_that_was_led_astray_may_come_down_at_an_unchecked_place(record, mode, broken):
    record.deeds.append((19.0, "astray", "fence"))
    change(record, EAST, 45.0, 20.0, 60.0)
    change(record, NORTH, 0.0, 20.0, 60.0)
    change(record, UP, 40.0, 40.0, 60.0)
    record.modes[39 * RATE_HZ :] = [mode] * len(record.modes[39 * RATE_HZ :])
    assert rules(record) == broken


@pytest.mark.parametrize(("deed", "mode", "wall", "broken"), [
    ((18.0, "lands", "A. Martin"), "AUTO.LAND", False, []),
    ((18.0, "pilot", "AUTO.LAND"), "AUTO.LAND", False, []),
    ((18.0, "lands", "A. Martin"), "AUTO.RTL", False, ["building"]),  # the order is not obeyed
    ((18.0, "pilot", "AUTO.RTL"), "AUTO.LAND", False, ["building"]),
    ((3.9, "lands", "A. Martin"), "AUTO.LAND", False, ["building"]),  # another landing, much later
    ((18.0, "lands", "A. Martin"), "AUTO.LAND", True, ["building"]),
    ((18.0, "astray", "fellow"), "AUTO.MISSION", False, ["building"]),
])  # fmt: skip
def test_a_person_may_order_a_landing_on_a_roof_but_none_through_a_wall(record, deed, mode, wall, broken):
    """Over the tower of 60 m from 20 s on, down at 1 m/s from 65 m; `wall`: from the west into its side, at 50 m."""
    record.deeds.append(deed)
    for k, sample in enumerate(record.samples[20 * RATE_HZ : 60 * RATE_HZ], 20 * RATE_HZ):
        after_s = sample[0] - 20.0
        place = (30.0 + 0.5 * after_s, 0.0, 50.0) if wall else (45.0, 0.0, 65.0 - after_s)
        record.samples[k] = (sample[0], *place, *sample[4:])
    record.samples[-1] = (60.0, 45.0, 0.0, 20.0, *record.samples[-1][4:])
    record.modes[19 * RATE_HZ :] = [mode] * len(record.modes[19 * RATE_HZ :])
    assert rules(record) == broken


def test_from_a_roof_it_may_not_fly_on_through_the_building(record):
    """A hold ends the ordered landing: from then on each building counts again."""
    record.deeds.append((18.0, "lands", "A. Martin"))
    change(record, EAST, 45.0, 20.0, 60.0)
    change(record, NORTH, 0.0, 20.0, 60.0)
    change(record, UP, 60.2, 30.0, 35.0)
    change(record, UP, 40.0, 35.0, 60.0)
    record.modes[19 * RATE_HZ :] = ["AUTO.LAND"] * len(record.modes[19 * RATE_HZ :])
    assert rules(record) == []
    record.modes[40 * RATE_HZ :] = ["AUTO.LOITER"] * len(record.modes[40 * RATE_HZ :])
    assert rules(record) == ["building"]


def test_two_drones_are_never_near_each_other_in_the_air(record, settings):
    route = record.route.model_copy(update={"drone": "drone2"})
    other = replace(record, route=route, samples=list(record.samples))
    change(other, EAST, 5.1, 0.0)
    assert rules(record, other) == []
    change(other, EAST, 4.9, 30.0, 31.0)
    assert rules(record, other) == ["near drone2"]
    change(other, LANDED, True, 29.0)
    assert rules(record, other) == []


def test_below_the_reserve_it_is_on_its_way_home_within_ten_seconds(record):
    """Home takes 14 s level and 61 s down, at 180 W some 3.9 Wh; with the reserve of 10.8 Wh that is 0.163 of 90 Wh."""
    change(record, BATTERY, 0.17, 30.0)
    assert rules(record) == []
    change(record, BATTERY, 0.155, 30.0)
    assert rules(record) == ["reserve"]
    record.modes[39 * RATE_HZ :] = ["AUTO.RTL"] * len(record.modes[39 * RATE_HZ :])
    assert rules(record) == []


@pytest.mark.parametrize("excuse", ["not heard", "no computer", "the pilot has it"])
def test_the_reserve_is_not_judged_while_commands_are_impossible(record, excuse):
    change(record, BATTERY, 0.155, 30.0)
    if excuse == "not heard":
        record.heard = [entry for entry in record.heard if entry[0] < 28.0]
    elif excuse == "no computer":
        record.phases[28 * RATE_HZ :] = [""] * len(record.phases[28 * RATE_HZ :])
    else:
        record.heard = [(t, mode if t < 28.0 else "POSCTL", armed) for t, mode, armed in record.heard]
        record.deeds += [(28.0, "pilot", "POSCTL"), (29.0, "resume", "A. Martin")]  # not obeyed
    assert rules(record) == []


def test_a_battery_that_gives_out_in_the_air(record):
    for k in range(60 * RATE_HZ):
        record.samples[k] = (*record.samples[k][:4], max(0.0, 0.5 - k / 100.0), *record.samples[k][5:])
    record.modes = ["AUTO.RTL"] * len(record.modes)
    assert rules(record) == ["empty in the air"]


@pytest.mark.parametrize(("excuse", "broken"), [("", ["building"]), ("pilot", ["building"]), ("both", [])])
def test_a_battery_that_is_spent_in_the_pilots_hands_ends_where_it_ends(record, excuse, broken):
    """`both`: the pilot called it back on a battery that no longer reaches home, and PX4 lands it on the way."""
    if excuse:
        record.deeds.append((15.0, "pilot", "AUTO.RTL"))
        record.heard = [(t, "AUTO.RTL" if t > 15.0 else mode, armed) for t, mode, armed in record.heard]
    if excuse == "both":
        change(record, BATTERY, 0.02, 10.0)
    for field, value in ((EAST, 45.0), (NORTH, 0.0), (UP, 40.0)):
        change(record, field, value, 40.0, 60.0)
    record.modes[20 * RATE_HZ :] = ["AUTO.LAND"] * len(record.modes[20 * RATE_HZ :])
    assert rules(record) == broken


def test_armed_without_a_lease(record):
    record.commands.append((5.0, "cmd/arming", {"value": True}))
    assert rules(record) == []
    record.leases = [entry for entry in record.leases if not 1.0 < entry[0] <= 5.0]
    assert rules(record) == ["armed without a lease"]


@pytest.mark.parametrize(("capture_s", "broken"), [(30.4, []), (30.6, ["sensor without a lease"])])
def test_the_sensor_is_off_after_three_seconds_of_silence(record, capture_s, broken):
    record.leases = [entry for entry in record.leases if not 27.6 < entry[0] < 31.0]
    record.captures.append(capture_s)
    assert rules(record) == broken


def test_the_sensor_is_off_at_once_when_a_lease_is_refused(record):
    record.leases = sorted([*record.leases, (28.1, -inf)])
    record.captures.append(28.1)
    assert rules(record) == ["sensor without a lease"]


def test_without_a_lease_it_holds_and_then_comes_home(record):
    record.leases = [entry for entry in record.leases if entry[0] < 10.0]
    assert rules(record) == ["flew on without a lease", "stayed without a lease"]
    record.modes[20 * RATE_HZ :] = ["AUTO.LOITER"] * len(record.modes[20 * RATE_HZ :])
    assert rules(record) == ["stayed without a lease"]
    record.modes[40 * RATE_HZ :] = ["AUTO.RTL"] * len(record.modes[40 * RATE_HZ :])
    assert rules(record) == []


@pytest.mark.parametrize(("command", "broken"), [
    ((30.4, "set_mode", {"custom_mode": "AUTO.RTL"}), []),  # not heard yet
    ((31.0, "set_mode", {"custom_mode": "AUTO.RTL"}), ["against the pilot"]),
    ((31.0, "mission/pull", {}), []),
    ((45.0, "set_mode", {"custom_mode": "AUTO.MISSION"}), []),  # resumed
])  # fmt: skip
def test_a_drone_under_the_pilots_control_gets_no_command(record, command, broken):
    record.heard = [(t, "POSCTL" if 30.5 < t < 44.0 else mode, armed) for t, mode, armed in record.heard]
    record.deeds += [(30.2, "pilot", "POSCTL"), (44.0, "resume", "A. Martin")]
    record.commands.append(command)
    assert rules(record) == broken


@pytest.mark.parametrize(("mode", "broken"), [("AUTO.LOITER", []), ("AUTO.RTL", ["against the pilot"])])
def test_a_drone_that_the_pilot_stopped_may_get_a_hold_for_the_next_arming(record, mode, broken):
    record.heard = [(t, shown, armed and t < 30.5) for t, shown, armed in record.heard]
    record.deeds.append((30.2, "pilot", "disarms"))
    record.commands.append((31.0, "set_mode", {"custom_mode": mode}))
    assert [rule for rule in rules(record) if rule == "against the pilot"] == broken


def test_a_choice_of_the_pilot_that_we_made_before_can_not_be_detected(record):
    record.heard = [(t, "AUTO.RTL" if t > 30.0 else mode, armed) for t, mode, armed in record.heard]
    record.deeds.append((30.2, "pilot", "AUTO.RTL"))
    for stamp, mode in ((30.0, "AUTO.RTL"), (40.0, "AUTO.LAND")):
        record.commands.append((stamp, "set_mode", {"custom_mode": mode}))
    assert rules(record) == []


def test_only_a_mission_of_our_own_is_asked_for(record):
    record.deeds.append((30.0, "astray", "fence"))
    record.commands.append((20.0, "set_mode", {"custom_mode": "AUTO.MISSION"}))
    assert rules(record) == []
    record.commands.append((40.0, "set_mode", {"custom_mode": "AUTO.MISSION"}))
    assert rules(record) == ["another mission"]
    record.commands.insert(1, (35.0, "mission/push", {}))
    assert rules(record) == []


def test_a_flight_has_an_outcome_and_not_in_the_air(record):
    record.outcome, record.ended_s = "failed", 30.0
    assert rules(record) == ["given up in the air"]
    record.heard = [entry for entry in record.heard if entry[0] < 20.0]
    assert rules(record) == []
    record.outcome = ""
    assert rules(record) == ["no outcome"]


def test_a_drone_that_never_comes_down(record):
    record.samples.pop(), record.modes.pop(), record.phases.pop()
    record.heard.clear()
    assert rules(record) == ["never came down"]
