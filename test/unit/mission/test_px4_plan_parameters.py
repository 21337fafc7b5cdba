"""A plan sets autopilot parameters from a closed list, within bounds; it excludes those that protect the pilot."""

from __future__ import annotations

import json

import pytest

from blindspot.core.errors import InputError
from blindspot.flight.vehicle.parameters import RULES
from blindspot.mission.plan import parse_plan
from blindspot.mission.px4_plan_parameters import SETTABLE, not_set, not_settable
from blindspot.planning.checker.check import check_plan

PROTECTING = (
    "COM_RC_IN_MODE", "COM_DISARM_LAND", "CBRK_FLIGHTTERM", "CBRK_SUPPLY_CHK", "CBRK_USB_CHK", "COM_RC_OVERRIDE",
    "NAV_RCL_ACT", "NAV_DLL_ACT", "COM_ARM_AUTH_REQ", "COM_ARM_WO_GPS", "COM_PREARM_MODE", "MAN_OVERRIDE_SPD",
    "COM_KILL_DISARM", "SYS_AUTOSTART",
)  # fmt: skip


def setting(plan, **parameters):
    """The text of the plan whose first route sets more."""
    data = json.loads(plan.to_json())
    data["routes"][0]["failsafe"]["parameters"] |= parameters
    return json.dumps(data)


@pytest.mark.parametrize("name", PROTECTING)
def test_a_plan_never_sets_parameters_that_protect_the_pilot(plan, name):
    with pytest.raises(InputError, match=f"{name}.* is not a parameter that a plan may set"):
        parse_plan(setting(plan, **{name: 0.0}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GF_ACTION", 0.0), ("GF_ACTION", 4.0), ("COM_LOW_BAT_ACT", 0.0), ("COM_OBL_RC_ACT", 0.0),
        ("RTL_CONE_ANG", 45.0), ("RTL_LAND_DELAY", -1.0), ("BAT_CRIT_THR", 0.0), ("BAT_EMERGEN_THR", 0.3),
        ("MPC_XY_CRUISE", 20.0), ("NAV_ACC_RAD", 50.0), ("RTL_DESCEND_ALT", 0.0),
    ],
)  # fmt: skip
def test_a_value_beyond_its_bounds_is_refused_when_the_plan_is_read(plan, name, value):
    with pytest.raises(InputError, match=f"{name} is {value:g}, a plan may set"):
        parse_plan(setting(plan, **{name: value}))


def test_the_planner_sets_nothing_else(plan):
    assert parse_plan(plan.to_json()) == plan
    for route in plan.routes:
        assert not_settable(route.failsafe.parameters) == () and not_set(route.failsafe.parameters) == ()


@pytest.mark.parametrize("name", ["COM_RC_IN_MODE", "MPC_Z_V_AUTO_DN"])
def test_the_checker_finds_it_in_a_plan_built_in_memory(plan, mission, site, name):
    """A descent faster than the drone's model, though inside the list's bounds, is found as well."""
    [first, *others] = plan.routes
    failsafe = first.failsafe.model_copy(update={"parameters": first.failsafe.parameters | {name: 4.0}})
    changed = plan.model_copy(update={"routes": (first.model_copy(update={"failsafe": failsafe}), *others)})
    assert [violation.rule for violation in check_plan(changed, mission, site)] == ["autopilot"]


def test_the_list_is_no_wider_than_what_pre_flight_judges(plan):
    for name in SETTABLE.keys() & RULES.keys():
        for low, high in SETTABLE[name].ranges:
            assert RULES[name].hardware.holds(low) and RULES[name].hardware.holds(high), name
