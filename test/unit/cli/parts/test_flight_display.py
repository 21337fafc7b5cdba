"""The display while drones fly: foreign words are words, and no failure of it reaches the flight."""

from __future__ import annotations

import io
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.table import Table

from blindspot.cli.parts.flight_display import FlightDisplay, print_outcome
from blindspot.cli.parts.screen import Screen
from blindspot.evidence.observed import Summary

HOSTILE = "A. Martin [/ops] [bold]\x1b[2J\u202esaid :warning:\nresume"


def status(**changes):
    usual = {
        "drone": "drone1", "phase": "en_route", "reason": "", "battery_fraction": 0.5, "route_fraction": math.nan,
        "hold_ends_s": math.nan,
    }  # fmt: skip
    return SimpleNamespace(**(usual | changes))


@pytest.fixture
def operator():
    mission = SimpleNamespace(phase="flying", elapsed_s=61.0, reason="", watch=[])
    return SimpleNamespace(
        drones=("drone1",), statuses={}, changes=[], mission=mission, detections=0, silent=lambda: [],
        coverage=SimpleNamespace(seen_fraction=0.25),
    )  # fmt: skip


def flown(operator, *, terminal, file=None):
    """The text written while one status is shown."""
    file = file or io.StringIO()
    display = FlightDisplay(Screen(file=file, force_terminal=terminal, width=120), operator, Path("runs"))
    with display.starting(3) as report:
        report(1)
    with display.flying():
        display.refresh([operator.mission.reason])
        display.refresh([])
    return file.getvalue() if isinstance(file, io.StringIO) else ""


@pytest.mark.parametrize("terminal", [True, False])
def test_a_reason_of_brackets_and_codes_is_shown_as_words(operator, terminal):
    hostile = status(reason=HOSTILE)
    operator.statuses["drone1"], operator.mission.reason = hostile, HOSTILE
    operator.changes.append(hostile)
    shown = flown(operator, terminal=terminal)
    assert "A. Martin [/ops] [bold][2Jsaid :warning: resume" in shown
    assert "\x1b[2J" not in shown and "\u202e" not in shown


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(("ends_s", "shown"), [(95.4, "hold, comes home in 95 s"), (math.inf, "hold")])
def test_a_hold_is_counted_down_and_one_without_an_end_is_not(operator, terminal, ends_s, shown):
    held = status(phase="hold", hold_ends_s=ends_s)
    operator.statuses["drone1"] = held
    operator.changes.append(held)
    words = flown(operator, terminal=terminal)
    assert shown in words and ("comes home" in words) == (ends_s < math.inf)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(
    "changes",
    [{"battery_fraction": math.inf}, {"battery_fraction": -1e300}, {"phase": "[/x]"}, {"reason": "x" * 100_000}],
)
def test_hostile_numbers_and_words_are_shown(operator, terminal, changes):
    operator.statuses["drone1"] = status(**changes)
    operator.changes.append(operator.statuses["drone1"])
    operator.mission.elapsed_s, operator.coverage.seen_fraction = math.inf, math.inf
    assert "display failed" not in flown(operator, terminal=terminal)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), BrokenPipeError(), ValueError("closed")])
@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_that_takes_nothing_ends_no_flight(operator, terminal, error, capsys):
    class Refuses(io.StringIO):
        def write(self, _: str) -> int:
            raise error

    operator.changes.append(status())
    flown(operator, terminal=terminal, file=Refuses())
    assert capsys.readouterr().err.count("the flight goes on") <= 1


def test_a_failed_display_is_reported_once_and_plain_lines_follow(operator, capsys):
    operator.changes += [status(), status(phase="hold", reason="gusts")]
    display = FlightDisplay(SimpleNamespace(is_terminal=False, print=None), operator, Path("runs"))
    display.refresh([])
    reported = capsys.readouterr()
    assert reported.err.count("the flight goes on") == 1
    assert "drone1: hold (gusts)" in reported.out


@pytest.mark.parametrize("terminal", [True, False])
def test_a_drone_that_landed_is_shown_as_landed_while_it_has_nothing_to_fly(operator, terminal):
    operator.changes += [status(phase="landed"), status(phase="idle")]
    operator.statuses["drone1"] = status(phase="idle")
    shown = flown(operator, terminal=terminal)
    assert "landed" in shown and "idle" not in shown


@pytest.mark.parametrize("terminal", [True, False])
def test_a_wait_for_the_plan_and_for_the_gate_is_named_and_goes_on(operator, terminal):
    file, now_s = io.StringIO(), [0.0]
    screen = Screen(file=file, force_terminal=terminal, width=120, color_system=None)
    display = FlightDisplay(screen, operator, Path("runs"), Path("plan.json"), clock=lambda: now_s[0])
    for now_s[0] in (0.0, 5.0, 9.9, 10.0, 11.0, 20.0):
        display.planning()
    operator.mission.phase = "authorising"
    for now_s[0] in (22.0, 31.0, 32.0):
        display.refresh([])
    operator.mission.phase = "flying"
    now_s[0] = 60.0
    display.refresh([])
    assert file.getvalue().splitlines() == [
        "checking plan.json ...", "still checking plan.json, 10 s so far", "still checking plan.json, 20 s so far",
        "waiting for the gate: it judges the plan, and a process checks it ...",
        "still waiting for the gate, 10 s so far",
    ]  # fmt: skip


def test_a_line_in_a_pipe_is_one_line_and_a_table_is_as_wide_as_it_needs():
    file = io.StringIO()
    screen, words = Screen(file=file), "a longer sentence than any window has columns, " * 8
    screen.print(words)
    table = Table("a name that is longer than a column of eighty", "why it is so, in some more words than that")
    table.add_row("x" * 60, "y" * 60)
    screen.print(table)
    assert words.strip() in file.getvalue()
    assert "x" * 60 in file.getvalue() and "y" * 60 in file.getvalue()


def test_a_drone_that_nearly_touched_a_building_is_the_nearest_and_a_part_is_not_the_whole():
    coverage = {"seen_blind_fraction": 0.9996, "planned_blind_fraction": 1.0, "blind_area_m2": 6692.0}
    gaps_m = [None, 14.3, 0.06]
    summary = {
        "outcome": "completed", "reason": "", "coverage": coverage, "violations": ["drone3 came within 0.0 m"],
        "drones": [{"min_building_clearance_m": gap_m} for gap_m in gaps_m], "min_separation_m": 14.98,
        "speed_factor": 5.4,
    }  # fmt: skip
    file = io.StringIO()
    print_outcome(Screen(file=file, width=200), Summary.of(summary), Path("runs/one"), 96.0)
    assert "nearest building 0.0 m, drones apart 14.9 m" in file.getvalue()
    assert "seen 99.9 % of" in file.getvalue()


@pytest.mark.parametrize(("simulated", "kind"), [(True, "SIMULATED"), (False, "real flight"), (None, "real flight")])
def test_the_outcome_names_the_kind_of_flight(simulated, kind):
    coverage = {"seen_blind_fraction": None, "planned_blind_fraction": None, "blind_area_m2": 6692.0}
    summary = {
        "outcome": "returned", "reason": "wind", "coverage": coverage, "violations": [], "drones": [],
        "min_separation_m": None, "speed_factor": None, "simulated": simulated,
    }  # fmt: skip
    file = io.StringIO()
    print_outcome(Screen(file=file, width=200), Summary.of(summary), Path("runs/one"), 96.0)
    assert file.getvalue().startswith(f"{kind} returned wind")


@pytest.mark.parametrize(("seen", "reported"), [(0.664, True), (0.895, False), (None, False)])
def test_a_flight_that_saw_much_less_than_planned_says_where_the_reason_is(seen, reported):
    coverage = {"seen_blind_fraction": seen, "planned_blind_fraction": 0.994, "blind_area_m2": 6692.0}
    summary = {
        "outcome": "completed", "reason": "", "coverage": coverage, "violations": [],
        "drones": [{"min_building_clearance_m": 14.3}], "min_separation_m": None, "speed_factor": 5.4,
    }  # fmt: skip
    file = io.StringIO()
    print_outcome(Screen(file=file, width=200), Summary.of(summary), Path("runs/one"), 96.0)
    assert "planned 99.4 %" in file.getvalue()
    assert ("runs/one/log" in file.getvalue()) is reported
