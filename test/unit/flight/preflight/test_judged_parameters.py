"""Parameters of the autopilot in the pre-flight list: read, corrected on request, and never set at will."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test.unit.flight.preflight.conftest import GIVEN, with_failsafe

from blindspot.flight.vehicle.vehicle import Firmware


def test_a_wrong_parameter_blocks_with_the_line_to_type(make, vehicle, parked):
    vehicle.parameters["NAV_DLL_ACT"] = 0.0
    problem = make().read(parked)
    assert "NAV_DLL_ACT: 0; type: param set NAV_DLL_ACT 2 " in problem
    assert "lost ground station" in problem
    assert "NAV_DLL_ACT=2" not in vehicle.asked


def test_a_wrong_parameter_is_corrected_where_that_is_asked_for(make, vehicle, parked):
    vehicle.parameters["NAV_DLL_ACT"] = 0.0
    made = make(fix=True)
    assert made.read(parked) == ""
    assert [what for what in vehicle.asked if "=" in what] == [*GIVEN, "NAV_DLL_ACT=2"]
    assert "NAV_DLL_ACT: was 0, corrected" in map(str, made.run.lines)


def test_a_parameter_that_needs_a_restart_is_not_corrected_by_setting_it(make, vehicle, parked):
    vehicle.parameters["MNT_MODE_IN"] = -1.0
    assert "type: param set MNT_MODE_IN 4, then restart the autopilot" in make(fix=True).read(parked)
    assert "MNT_MODE_IN=4" not in vehicle.asked


def test_a_parameter_that_does_not_take_its_value_blocks(make, vehicle, parked):
    vehicle.parameters["NAV_DLL_ACT"] = 0.0
    vehicle.answers["NAV_DLL_ACT=2"] = ("refused", "it is busy")
    assert "NAV_DLL_ACT: it is busy" in make(fix=True).read(parked)


def test_a_parameter_that_can_not_be_read_blocks(make, vehicle, parked):
    vehicle.answers["COM_RCL_EXCEPT"] = ("refused", "the autopilot has no parameter COM_RCL_EXCEPT")
    assert "no parameter COM_RCL_EXCEPT" in make().read(parked)


@pytest.mark.parametrize(("version", "is_well"), [((1, 15, 0), True), ((1, 16, 0), False)])
def test_a_parameter_that_came_with_a_later_firmware_may_be_absent(make, vehicle, parked, version, is_well):
    vehicle.answers["MIS_COMMAND_TOUT"] = ("refused", "the autopilot has no parameter MIS_COMMAND_TOUT")
    seen = replace(parked, firmware=Firmware("PX4", version, "release"))
    assert (make().read(seen) == "") is is_well


def test_a_plan_can_not_switch_a_failsafe_off(make, vehicle, parked, route):
    made = make(with_failsafe(route, parameters={"COM_LOW_BAT_ACT": 0.0}), fix=True)
    problem = made.read(parked)
    assert problem.startswith("COM_LOW_BAT_ACT: the plan gives 0; plan again with 3")
    assert "COM_LOW_BAT_ACT=0" not in vehicle.asked


def test_a_parameter_that_no_plan_may_set_is_neither_set_nor_suggested(make, parked, route):
    made = make(with_failsafe(route, parameters={"CBRK_FLIGHTTERM": 121212.0}), fix=True)
    reported = made.read(parked)
    assert reported.startswith("CBRK_FLIGHTTERM: ") and "param set" not in reported and "121212" not in reported
