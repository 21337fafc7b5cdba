from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from blindspot.flight.preflight import Preflight, autopilot_parameters, checks
from blindspot.flight.route_items import route_items
from blindspot.flight.vehicle import Telemetry
from blindspot.planning.plan import Point


@pytest.fixture
def preflight(vehicle, route, settings):
    def make(changed=None):
        flown = changed or route
        return Preflight(checks(vehicle, flown, route_items(flown), settings))

    return make


def test_uploads_and_reads_back_before_it_asks_for_the_mission(preflight, vehicle, parked):
    assert preflight().step(parked, "ok") == ""
    assert vehicle.asked == [
        "GF_ACTION=3", "GF_MAX_VER_DIST=70", "RTL_RETURN_ALT=60", "RTL_TYPE=0",
        "fence", "rally", "mission", "AUTO.MISSION",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"connected": False}, "not heard"),
        ({"state_age_s": 3.1}, "not heard"),
        ({"position_ok": False}, "no position"),
        ({"battery_age_s": 5.1}, "battery is not heard"),
        ({"armed": True}, "armed already"),
        ({"landed": "unknown"}, "not known to be on the ground"),
        ({"home": None}, "no home position"),
        ({"home": Point(east_m=5.1, north_m=0.0, up_m=2.0)}, "home is 5 m from pad north"),
        ({"east_m": 6.0}, "drone is 6 m from pad north"),
        ({"east_m": nan}, "drone is nan m"),
        ({"battery_fraction": 0.33}, "battery 33%"),
        ({"battery_fraction": nan}, "battery nan%"),
        ({"gimbal_pitch_deg": nan}, "gimbal is not heard"),
        ({"system_status": 0}, "not ready to arm"),
    ],
)
def test_what_is_wrong_is_waited_for_and_then_told(preflight, parked, changes, told):
    check = preflight()
    wrong = replace(parked, **changes)
    check.step(wrong, "ok")
    problem = check.step(replace(wrong, stamp_s=60.0), "ok")
    assert problem is not None
    assert told in problem


def test_telemetry_that_comes_late_is_waited_for(preflight, parked):
    check = preflight()
    assert check.step(Telemetry(stamp_s=0.0), "ok") is None
    assert check.step(replace(parked, stamp_s=15.0), "ok") == ""


def test_the_battery_at_its_boundary(preflight, parked, route, model):
    needed = route.expected.energy_wh / model.energy.capacity_wh + model.energy.reserve_fraction
    assert preflight().step(replace(parked, battery_fraction=needed), "ok") == ""
    assert preflight().step(replace(parked, battery_fraction=needed - 1e-6), "ok") not in ("", None)


@pytest.mark.parametrize("what", ["RTL_TYPE=0", "fence", "rally", "mission", "AUTO.MISSION"])
@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_anything_not_granted_refuses_the_flight(preflight, vehicle, parked, what, state):
    vehicle.answers[what] = (state, "because")
    problem = preflight().step(parked, "ok")
    assert problem is not None
    assert problem.endswith("because")


def test_a_request_that_runs_is_waited_for(preflight, vehicle, parked):
    vehicle.answers["mission"] = ("pending", "")
    check = preflight()
    assert check.step(parked, "ok") is None
    assert check.doing == "mission upload"
    assert vehicle.asked.count("mission") == 1


@pytest.mark.parametrize("lease", ["inhibit", "hold", "return"])
def test_no_lease_no_flight(preflight, parked, lease):
    check = preflight()
    assert check.step(parked, lease) is None
    assert "no lease" in str(check.step(replace(parked, stamp_s=10.0), lease))


def test_a_fence_that_excludes_the_pad_or_the_route_is_refused(preflight, parked, route):
    for fence in (((1.0, 1.0), (100.0, 1.0), (100.0, 100.0)), ((-5.0, -5.0), (20.0, -5.0), (20.0, 50.0), (-5.0, 50.0))):
        failsafe = route.failsafe.model_copy(update={"fence": fence})
        problem = preflight(route.model_copy(update={"failsafe": failsafe})).step(parked, "ok")
        assert "does not contain" in str(problem)


def test_a_fence_lower_than_the_return_is_refused(preflight, parked, route):
    failsafe = route.failsafe.model_copy(update={"rtl_return_alt_m": 70.0})
    assert "higher than its fence" in str(preflight(route.model_copy(update={"failsafe": failsafe})).step(parked, "ok"))


def test_the_plans_own_figures_win_over_its_list_of_parameters(route):
    failsafe = route.failsafe.model_copy(update={"parameters": {"RTL_TYPE": 1.0}})
    assert autopilot_parameters(route.model_copy(update={"failsafe": failsafe}))["RTL_TYPE"] == 0.0
