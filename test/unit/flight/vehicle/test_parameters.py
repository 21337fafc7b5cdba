"""The table of parameters: complete, sane, and never satisfied by what is unknown."""

from __future__ import annotations

import struct
from math import inf, isfinite, nan

import pytest

from blindspot.flight.vehicle.mavros import INTEGER_PARAMETERS
from blindspot.flight.vehicle.parameters import RULES, autopilot_parameters
from blindspot.mission.failsafe_settings import FIXED_PARAMETERS

NAMED = (
    "COM_OF_LOSS_T", "COM_OBL_RC_ACT", "COM_FAIL_ACT_T", "COM_LOW_BAT_ACT", "BAT_LOW_THR", "BAT_CRIT_THR",
    "BAT_EMERGEN_THR", "NAV_DLL_ACT", "COM_DL_LOSS_T", "NAV_RCL_ACT", "COM_RCL_EXCEPT", "GF_ACTION", "GF_MAX_HOR_DIST",
    "GF_MAX_VER_DIST", "RTL_RETURN_ALT", "RTL_TYPE", "MIS_COMMAND_TOUT", "MIS_DIST_1WP", "NAV_ACC_RAD",
    "MPC_XY_CRUISE", "COM_ARM_AUTH_REQ", "MNT_MODE_IN", "MNT_MODE_OUT", "COM_ARM_AUTH_ID", "COM_ARM_AUTH_MET",
    "COM_ARM_AUTH_TO", "COM_RC_OVERRIDE", "COM_RC_STICK_OV", "MAN_OVERRIDE_SPD", "COM_TAKEOFF_ACT", "COM_ARM_ODID",
    "COM_PARACHUTE", "FD_ALT_LOSS", "COM_GNSSLOSS_ACT", "SYS_HAS_NUM_GNSS", "COM_CC_TEMP_WARN",
    "COM_DISARM_LAND", "COM_DLL_EXCEPT", "COM_ACT_FAIL_ACT", "COM_POS_LOW_ACT", "COM_WIND_MAX_ACT",
)  # fmt: skip


def test_every_parameter_that_decides_a_failsafe_is_judged():
    assert set(RULES) == set(NAMED)
    assert all(rule.reason for rule in RULES.values())


@pytest.mark.parametrize("name", NAMED)
def test_the_written_value_is_permitted(name):
    for simulated in (False, True):
        allowed = RULES[name].allowed(simulated=simulated)
        assert allowed.holds(allowed.best) or not isfinite(allowed.best)
    assert isfinite(RULES[name].hardware.best)


@pytest.mark.parametrize("name", NAMED)
def test_unknown_is_never_allowed(name):
    assert not RULES[name].hardware.holds(nan)
    assert not RULES[name].hardware.holds(inf)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("NAV_DLL_ACT", (0, 5, 6)), ("NAV_RCL_ACT", (0, 4, 5, 6, 7)), ("GF_ACTION", (0, 1, 2, 4)),
        ("COM_OBL_RC_ACT", (0, 1, 2, 6, 7)), ("COM_LOW_BAT_ACT", (0, 1)), ("COM_RCL_EXCEPT", (1, 2, 4)),
        ("COM_FAIL_ACT_T", (25,)), ("COM_OF_LOSS_T", (1.5,)), ("BAT_CRIT_THR", (0.07,)),
        ("BAT_EMERGEN_THR", (0.04, 0.2)), ("BAT_LOW_THR", (0.1,)), ("COM_DL_LOSS_T", (60,)),
        ("GF_MAX_HOR_DIST", (50,)), ("GF_MAX_VER_DIST", (0,)), ("RTL_RETURN_ALT", (0, 600)), ("RTL_TYPE", (1, 2)),
        ("MIS_COMMAND_TOUT", (10,)), ("MIS_DIST_1WP", (500,)), ("NAV_ACC_RAD", (10,)), ("MPC_XY_CRUISE", (20,)),
        ("COM_ARM_AUTH_REQ", (0, 2)), ("COM_ARM_AUTH_ID", (0, 2, 10)),
        ("COM_ARM_AUTH_MET", (1,)), ("COM_ARM_AUTH_TO", (1, 1.9, 4.1, 5)), ("COM_RC_OVERRIDE", (0, 1, 2)),
        ("COM_RC_STICK_OV", (4, 51, 80)), ("MAN_OVERRIDE_SPD", (-1, 0, 0.19, 2.1)), ("COM_TAKEOFF_ACT", (1,)),
        ("COM_ARM_ODID", (-1, 5)), ("COM_PARACHUTE", (-1, 2)), ("FD_ALT_LOSS", (-1, 200)),
        ("COM_GNSSLOSS_ACT", (-1, 3)), ("SYS_HAS_NUM_GNSS", (-1, 3)), ("COM_CC_TEMP_WARN", (-2, 121)),
        ("MNT_MODE_IN", (-1, 1, 2, 3)), ("MNT_MODE_OUT", (0, 1)), ("COM_DISARM_LAND", (-1, 0, 1.9, 10.1)),
        ("COM_DLL_EXCEPT", (1, 2, 4)), ("COM_ACT_FAIL_ACT", (-1, 4)), ("COM_POS_LOW_ACT", (-1, 4, 6)),
        ("COM_WIND_MAX_ACT", (-1, 4, 6)),
    ],
)  # fmt: skip
def test_an_unsafe_value_is_refused(name, wrong):
    assert not any(RULES[name].hardware.holds(value) for value in wrong)


def test_a_value_that_the_autopilot_rounds_to_32_bits_is_the_same():
    for name in ("BAT_CRIT_THR", "BAT_EMERGEN_THR", "BAT_LOW_THR"):
        for bound in (bound for interval in RULES[name].hardware.ranges for bound in interval):
            assert RULES[name].hardware.holds(struct.unpack("f", struct.pack("f", bound))[0])


def test_the_planners_values_pass_their_own_judgement():
    for name, value in FIXED_PARAMETERS.items():
        for simulated in (False, True):
            assert name not in RULES or RULES[name].allowed(simulated=simulated).holds(value)


def test_the_warning_the_return_and_the_landing_come_in_this_order():
    emergency, critical, low = (RULES[n].hardware.ranges[0] for n in ("BAT_EMERGEN_THR", "BAT_CRIT_THR", "BAT_LOW_THR"))
    assert emergency[1] <= critical[0] < critical[1] <= low[0]


def test_whole_numbers_are_sent_as_such():
    """PX4 refuses a value of the other type."""
    for name in NAMED:
        ends = ("_ACT", "_TYPE", "_ACTION", "_EXCEPT", "_REQ", "_IN", "_ID", "_MET", "_ODID", "_OVERRIDE", "_PARACHUTE",
                "_GNSS")  # fmt: skip
        if name.endswith(ends):
            assert name in INTEGER_PARAMETERS


def test_the_plans_own_figures_win_over_its_list_of_parameters(route):
    failsafe = route.failsafe.model_copy(update={"parameters": {"RTL_TYPE": 1.0}})
    assert autopilot_parameters(route.model_copy(update={"failsafe": failsafe}))["RTL_TYPE"] == 0.0


def test_the_allowed_values_read_well():
    assert str(RULES["NAV_DLL_ACT"].hardware) == "1 to 3"
    assert str(RULES["COM_OBL_RC_ACT"].hardware) == "3 or 4 or 5"
    assert str(RULES["MIS_DIST_1WP"].hardware) == "-1 to 0 or 1000 to 100000"
