"""The table, the verdicts and the file."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from blindspot.doctor.checks import MODES
from blindspot.doctor.findings import Check, Finding, Looked
from blindspot.doctor.report import document_of, print_table, print_verdicts

LONG = "sudo apt-get install " + " ".join(f"ros-jazzy-package-{number}" for number in range(12))


def looked(name: str, needed_by: tuple[str, ...], state: str, fix: str = "") -> Looked:
    return Looked(
        Check(name, "", lambda _: Finding("ok", ""), needed_by), Finding(state, f"{name} is {state}", fix), 0.5
    )


@pytest.fixture
def found() -> list[Looked]:
    return [
        looked("Python", MODES, "ok"), looked("MAVROS", ("sitl", "hardware"), "missing", LONG),
        looked("GPU", (), "broken", "fix [it]"),
    ]  # fmt: skip


def printed(show, *words) -> list[str]:
    out = io.StringIO()
    show(Console(file=out, width=70), *words)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_line_a_check_under_the_modes_that_need_it(found):
    lines = printed(print_table, found)
    assert [" ".join(line.split()) for line in lines if line and not line.startswith(("#", "sudo", "fix "))] == [
        "every mode", "ok Python Python is ok", "sitl, hardware", "missing MAVROS MAVROS is missing", "good to have",
        "broken GPU GPU is broken", "fixes",
    ]  # fmt: skip


def test_the_fixes_can_be_copied_from_a_narrow_window(found):
    lines = printed(print_table, found)
    assert lines[lines.index("fixes") :] == ["fixes", "# MAVROS", LONG, "# GPU", "fix [it]"]


def test_nothing_to_fix_is_no_heading(found):
    assert "fixes" not in printed(print_table, found[:1])


def test_the_verdicts(found):
    assert printed(print_verdicts, found, MODES) == [
        "", "embedded  can run", "sitl      can't run: MAVROS", "gazebo    can run", "hardware  can't run: MAVROS",
    ]  # fmt: skip


def test_the_file(machine, found):
    document = json.loads(document_of(machine, found, ("sitl",)))
    assert document["schema"] == "blindspot.doctor/1"
    assert document["modes"] == {"sitl": {"runs": False, "lacks": ["MAVROS"]}}
    assert document["checks"][1] == {
        "name": "MAVROS", "needed_by": ["sitl", "hardware"], "state": "missing", "message": "MAVROS is missing",
        "fix": LONG, "took_s": 0.5,
    }  # fmt: skip
