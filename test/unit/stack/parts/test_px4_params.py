"""A simulated PX4 starts with parameters that pre-flight accepts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.core.folders import CONFIG_DIR
from blindspot.flight.vehicle.mavros import INTEGER_PARAMETERS
from blindspot.flight.vehicle.parameters import ANY, RULES
from blindspot.mission.failsafe_settings import FIXED_PARAMETERS
from blindspot.stack.bringup import stack
from blindspot.stack.parts.px4_params import PREFIX, read_parameters
from blindspot.stack.programs.processes import Options

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads.yaml"
GIMBAL = {"MNT_MODE_OUT": 0, "MNT_DO_STAB": 1, "MNT_RC_IN_MODE": 0}
"""PX4's aim, against the earth, in angles: what the gimbal's node in Gazebo turns to."""
AUTHORISER = {"COM_ARM_AUTH_ID": 1, "COM_ARM_AUTH_MET": 0, "COM_ARM_AUTH_TO": 3.0}


@pytest.fixture(scope="module")
def given():
    return read_parameters()


def test_pre_flight_finds_nothing_to_set(given):
    for name, rule in RULES.items():
        allowed = rule.allowed(simulated=True)
        is_in_every_version = rule.since == (0, 0)
        assert (name in given) is ((allowed is not ANY and is_in_every_version) or name in AUTHORISER), name
        assert name not in given or allowed.holds(given[name].value), name


def test_parameters_beyond_preflight_belong_to_the_plan_the_authoriser_or_the_gimbal(given):
    for name in given.keys() - RULES.keys():
        assert given[name].value == (FIXED_PARAMETERS | AUTHORISER | GIMBAL)[name]


def test_parameters_that_every_plan_sets_are_there_from_the_start(given):
    assert {name: given[name].value for name in FIXED_PARAMETERS} == FIXED_PARAMETERS


def test_px4_gets_the_type_that_it_keeps(given):
    for name, parameter in given.items():
        assert isinstance(parameter.value, int) is (name in INTEGER_PARAMETERS), name


def test_every_line_of_the_file_has_its_reason_and_fits():
    lines = (CONFIG_DIR / "px4" / "simulation.yaml").read_text().splitlines()
    assert sum("why: " in line for line in lines) == len(read_parameters())
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("mode", ["sitl", "gazebo"])
def test_every_simulated_px4_starts_with_them(tmp_path, given, mode):
    what = stack(mode, MISSION, Options(run_dir=tmp_path))
    px4 = [program for program in what.programs if program.name.startswith("px4_")]
    assert len(px4) == 2
    for program in px4:
        found = {name: value for name, value in program.environment.items() if name.startswith(PREFIX)}
        assert found == {f"{PREFIX}{name}": str(one.value) for name, one in given.items()}
        assert (found["PX4_PARAM_NAV_DLL_ACT"], found["PX4_PARAM_BAT_CRIT_THR"]) == ("0", "0.15")


@pytest.mark.parametrize(
    ("line", "reported"),
    [("GF_ACTION: {value: 3}", "why: is missing"), ("GF_ACTION: {value: three, why: x}", "found 'three'"),
     ("GF_ACTION: {value: true, why: x}", "found True"), ("GF_ACTION: {value: 3, why: ''}", "why")],
)  # fmt: skip
def test_a_line_without_a_reason_or_a_number_is_refused(tmp_path, line, reported):
    (tmp_path / "own.yaml").write_text(f"schema: blindspot.px4/1\nparameters:\n  {line}\n")
    with pytest.raises(InputError, match=reported):
        read_parameters(tmp_path / "own.yaml")


@pytest.mark.parametrize("mode", ["sitl", "gazebo"])
def test_px4s_start_script_finds_them_once_more_after_its_airframe(tmp_path, given, mode):
    """It reads `px4-rc.params` from its PATH, ours before its own, and knows a command `param`."""
    what = stack(mode, MISSION, Options(run_dir=tmp_path))
    px4 = next(program for program in what.programs if program.name.startswith("px4_"))
    start_script = 'PATH="$PATH:etc/init.d-posix"; param() { echo "$@"; }; . px4-rc.params'
    ran = subprocess.run(
        ["/bin/sh", "-ec", start_script], env=dict(px4.environment), capture_output=True, text=True, check=True
    )
    assert sorted(ran.stdout.splitlines()) == sorted(f"set {name} {one.value}" for name, one in given.items())


def test_px4_is_still_found_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/of/the/package:/usr/bin")
    what = stack("sitl", MISSION, Options(run_dir=tmp_path))
    assert all(program.environment["PATH"].endswith(":/of/the/package:/usr/bin") for program in what.programs)
