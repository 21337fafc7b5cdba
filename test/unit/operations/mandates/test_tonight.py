"""The list of an evening's needs: each with its state and the command that brings it."""

from datetime import UTC, datetime
from pathlib import Path

from blindspot.law.drafts.renewed_papers import Paper
from blindspot.operations.calendar import occurrences
from blindspot.operations.feasible import Problem
from blindspot.operations.mandates.tonight import needs
from blindspot.operations.operation_file import load_operation

FILE = Path(__file__).parents[4] / "config" / "operations" / "crossroads_evenings.yaml"
SINCE = datetime(2026, 11, 27, 18, 45, tzinfo=UTC)
COMMANDS = {"notices to airmen": "notices", "wind": "confirm", "mandate": "mandate", "packs and hands": "check"}


def listed(*, papers=(), faults=(), awaiting=()):
    asked = load_operation(FILE)
    found = needs(asked, occurrences(asked)[0], papers, faults, (), awaiting, COMMANDS)
    return {one.name: one for one in found}


def test_a_paper_is_ready_with_its_time_missing_with_its_command_or_not_needed():
    found = listed(papers=(
        Paper("authorisation", True, since=SINCE), Paper("notices to airmen", True, "they are old", "fetch them"),
        Paper("register", False),
    ))  # fmt: skip
    assert (found["authorisation"].state, found["authorisation"].since) == ("ready", SINCE)
    late = found["notices to airmen"]
    assert (late.state, late.note, late.command) == ("missing", "they are old; fetch them", "notices")
    assert found["register"].state == found["mandate"].state == "not needed"


def test_the_wind_is_missing_once_a_pass_waits_for_it():
    assert listed()["wind"].state == "later"
    waiting = listed(awaiting=("evening/1",))["wind"]
    assert waiting.state == "missing" and "evening/1 waits" in waiting.note and waiting.command == "confirm"


def test_each_fault_of_packs_and_crew_is_missing():
    found = listed(faults=(Problem("packs", "two are missing", "add them"),))
    assert (found["packs"].state, found["packs"].command) == ("missing", "check") and "hands" not in found
    assert listed()["hands"].state == "ready"
