"""Pre-flight of PX4's releases: the parameters of each, the meaning of their values, and those that must stay on."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from blindspot.flight.preflight.checklist import Preflight
from blindspot.flight.preflight.preflight import checks
from blindspot.flight.route.mission_items import route_items
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Firmware
from blindspot.flight.watch.ladder import Situation
from blindspot.flight.watch.surroundings import Around


@pytest.fixture
def read(vehicle, route, settings, parked):
    """The line of each check, of a whole list on a PX4 whose parameters are right except the given ones."""

    def read(px4, reported=None, *, lacks=(), settings=settings, route=route):
        vehicle.parameters.update(reported or {})
        vehicle.answers |= {name: ("refused", f"the autopilot has no parameter {name}") for name in lacks}
        seen = replace(parked, firmware=Firmware("PX4", (*px4, 0), "release", settings.simulated))
        pending = checks(vehicle, route, route_items(route), settings, fix=False)
        run = Preflight(pending, to_the_end=True)
        for stamp_s in (0.0, 60.0, 120.0):
            situation = Situation(replace(seen, stamp_s=stamp_s), "ok", 0.0, route, settings, Around(land_within_s=inf))
            if run.step(situation) is not None:
                break
        return {line.check: line for line in run.lines}

    return read


OF_1_17 = ("COM_RC_OVERRIDE", "COM_RC_STICK_OV", "COM_TAKEOFF_ACT")
OF_1_18 = ("MAN_OVERRIDE_SPD", "FD_ALT_LOSS", "COM_GNSSLOSS_ACT", "SYS_HAS_NUM_GNSS", "COM_CC_TEMP_WARN")


@pytest.mark.parametrize("px4", [(1, 14), (1, 15), (1, 16), (1, 17)])
def test_up_to_1_17_the_pilots_takeover_is_the_old_one(read, vehicle, px4):
    lines = read(px4, lacks=OF_1_18)
    assert [str(line) for line in lines.values() if not line.ok] == []
    assert set(OF_1_17) <= set(vehicle.asked)
    assert not set(OF_1_18) & set(vehicle.asked)
    assert lines["MAN_OVERRIDE_SPD"].value == "none before PX4 1.18"


def test_from_1_18_on_it_is_the_new_one(read, vehicle):
    lines = read((1, 18), lacks=OF_1_17)
    assert [str(line) for line in lines.values() if not line.ok] == []
    assert set(OF_1_18) <= set(vehicle.asked)
    assert not set(OF_1_17) & set(vehicle.asked)
    assert lines["COM_RC_OVERRIDE"].value == "none after PX4 1.17"


@pytest.mark.parametrize(("px4", "name"), [((1, 17), "COM_RC_OVERRIDE"), ((1, 18), "MAN_OVERRIDE_SPD")])
def test_an_autopilot_without_a_takeover_is_refused(read, px4, name):
    lines = read(px4, lacks=(*OF_1_17, *OF_1_18))
    assert "no parameter" in lines[name].value
    assert not lines[name].ok


@pytest.mark.parametrize(
    ("px4", "name", "well", "wrong"),
    [
        ((1, 17), "COM_RC_OVERRIDE", [3], [0, 1, 2]),
        ((1, 17), "COM_RC_STICK_OV", [5, 30, 50], [4.9, 50.1, 80]),
        ((1, 18), "MAN_OVERRIDE_SPD", [0.2, 1, 2], [-1, 0, 0.19, 2.01]),
        ((1, 17), "COM_TAKEOFF_ACT", [0], [1]),
        ((1, 17), "COM_LOW_BAT_ACT", [2, 3], [0, 1, 4, 5]),
        ((1, 18), "COM_LOW_BAT_ACT", [2, 3, 5], [0, 1, 4, 6]),
        ((1, 18), "COM_ARM_ODID", [0, 1, 2, 3, 4], [5]),
        ((1, 17), "COM_PARACHUTE", [0, 1], [2, 3, 4]),
        ((1, 18), "COM_PARACHUTE", [0, 2, 3, 4], [1, 5]),
        ((1, 18), "COM_GNSSLOSS_ACT", [0, 1, 2], [3]),
        ((1, 18), "SYS_HAS_NUM_GNSS", [0, 1, 2], [-1, 3]),
        ((1, 18), "COM_CC_TEMP_WARN", [-1, 80, 120], [121]),
        ((1, 18), "NAV_RCL_ACT", [1, 2, 3], [0, 5, 6, 7]),
        ((1, 18), "COM_ARM_AUTH_REQ", [1], [0]),
        ((1, 18), "COM_ARM_AUTH_ID", [1], [0, 2, 10]),
        ((1, 18), "COM_ARM_AUTH_MET", [0], [1]),
        ((1, 18), "COM_ARM_AUTH_TO", [2, 3, 4], [1, 1.9, 4.1, 5]),
    ],
)
def test_the_values_of_a_release_are_judged_on_both_sides_of_each_boundary(read, px4, name, well, wrong):
    for value in well:
        assert read(px4, {name: value})[name].ok, value
    for value in wrong:
        line = read(px4, {name: value})[name]
        assert line.todo.startswith(f"type: param set {name} "), value


def test_a_fall_for_lost_height_needs_a_parachute_that_is_watched(read):
    assert read((1, 18), {"FD_ALT_LOSS": 0.0, "COM_PARACHUTE": 0.0})["FD_ALT_LOSS"].ok
    for parachute, well in ((0.0, False), (1.0, False), (2.0, True), (4.0, True)):
        line = read((1, 18), {"FD_ALT_LOSS": 20.0, "COM_PARACHUTE": parachute})["FD_ALT_LOSS"]
        assert line.ok is well
        assert well or "COM_PARACHUTE watches no parachute" in line.todo
    assert not read((1, 18), {"FD_ALT_LOSS": 4.0, "COM_PARACHUTE": 2.0})["FD_ALT_LOSS"].ok


@pytest.mark.parametrize(("kept", "well"), [(0.077, True), (0.076, False), (0.05, False), (0.12, True)])
def test_a_return_by_charge_alone_needs_our_own_to_come_first(read, settings, kept, well):
    """The route takes 120 s, for which PX4 would keep 112 s; at cruise a battery lasts 1 473 s."""
    line = read((1, 18), {"COM_LOW_BAT_ACT": 5.0}, settings=replace(settings, landing_battery_fraction=kept))[
        "COM_LOW_BAT_ACT"
    ]
    assert line.ok is well
    assert well or "5 needs our own return to come first" in line.todo


def test_in_a_simulation_arming_without_the_gate_is_reported(read, model):
    simulated = FlightSettings(model, simulated=True)
    lines = read((1, 17), {"NAV_DLL_ACT": 0.0, "COM_ARM_AUTH_REQ": 0.0}, settings=simulated)
    assert lines["COM_ARM_AUTH_REQ"].ok
    assert "arm it without the gate" in lines["COM_ARM_AUTH_REQ"].remark
    gated = read((1, 17), {"COM_ARM_AUTH_REQ": 1.0}, settings=simulated)["COM_ARM_AUTH_REQ"]
    assert gated.ok and not gated.remark


def test_it_is_reported_while_the_drone_is_armed(new_flight, vehicle, route, model, parked):
    vehicle.parameters.update({"NAV_DLL_ACT": 0.0, "COM_ARM_AUTH_REQ": 0.0})
    vehicle.now = replace(parked, firmware=Firmware("PX4", (1, 17, 0), "release", True))
    flight = new_flight(vehicle, route, FlightSettings(model, simulated=True))
    flight.start(0.0)
    assert flight.remark == ""
    flight.step(0.1, "ok")
    assert flight.phase == "armed"
    assert "arm it without the gate" in flight.remark
