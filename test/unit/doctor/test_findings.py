"""A check always finds something, in time, and a mode can run if nothing that it needs is wrong."""

from __future__ import annotations

import threading

import pytest

from blindspot.doctor.checks import CHECKS, MODES, checks_for
from blindspot.doctor.findings import Check, Finding, Looked, lacking, look
from blindspot.stack.programs.launch_table import MODES as BRINGUP_MODES


def test_a_check_returns_its_finding(machine):
    looked = look(Check("well", "", lambda _: Finding("ok", "it is"), MODES), machine)
    assert (looked.ok, looked.finding.message) == (True, "it is")


def test_a_check_that_fails_itself_has_found_something_broken(machine):
    def fails(_):
        raise ValueError("two\nlines")

    looked = look(Check("sick", "", fails, MODES), machine)
    assert (looked.finding.state, looked.finding.message) == ("broken", "can't be checked (ValueError: two lines)")
    assert looked.finding.fix


def test_a_check_that_hangs_is_broken(machine):
    let_go = threading.Event()

    def hangs(_):
        let_go.wait()
        return Finding("ok", "too late")

    looked = look(Check("asleep", "", hangs, MODES, within_s=0.05), machine)
    let_go.set()
    assert (looked.finding.state, looked.finding.message) == ("broken", "no answer within 0.05 s")


def test_a_mode_lacks_what_it_needs_and_nothing_else():
    def looked(name, needed_by, state):
        return Looked(Check(name, "", lambda _: Finding("ok", ""), needed_by), Finding(state, ""), 0.0)

    all_of_it = [
        looked("a", MODES, "ok"), looked("b", ("sitl",), "missing"), looked("c", ("sitl", "gazebo"), "broken"),
        looked("d", (), "broken"),
    ]  # fmt: skip
    assert {mode: lacking(all_of_it, mode) for mode in MODES} == {
        "embedded": (), "sitl": ("b", "c"), "gazebo": ("c",), "hardware": (),
    }  # fmt: skip


def test_every_mode_that_flies_is_looked_at():
    assert set(MODES) == set(BRINGUP_MODES)
    assert checks_for("") == CHECKS
    assert {check.name for check in checks_for("embedded")} < {check.name for check in checks_for("sitl")}
    assert len({check.name for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_on_a_bare_machine_every_check_answers(bare, check):
    """Without ROS, programs, files or devices: one line each, and a way out of whatever is wrong."""
    finding = look(check, bare).finding
    assert "\n" not in finding.message + finding.fix
    assert bool(finding.fix) is (finding.state != "ok")
    assert "can't be checked" not in finding.message
