"""Reports on the length of recordings become few entries, and none of another flight."""

from types import SimpleNamespace

import pytest

from blindspot.evidence.acts.recorded import Recorded
from blindspot.nodes.rights.recorded_reports import MOST_REPORTS, RecordedReports


@pytest.fixture
def gate():
    """The reports of `drone1`, the entries, and a look at the report under clearances of one plan each."""
    made = SimpleNamespace(report=None, lengths=[])
    journal = SimpleNamespace(settle=lambda: None, write=lambda act, **facts: made.lengths.append(facts["length_s"]))
    reports = RecordedReports(["drone1", "drone2"], lambda drone: made.report if drone == "drone1" else None, journal)

    def look(*plans, length_s=None, plan="", run="evening"):
        made.report = Recorded(run, plan, length_s) if length_s is not None else None
        asked = SimpleNamespace(run="evening")
        reports.look(SimpleNamespace(asked=asked, plans=(each,), drones=("drone1",)) for each in plans)
        return made.lengths

    made.look = look
    return made


def test_a_report_is_entered_once_also_after_the_end_of_its_clearance(gate):
    assert gate.look("ab") == []
    assert gate.look(length_s=250.0, plan="ab") == [250.0]
    assert gate.look(length_s=250.0, plan="ab") == [250.0]


@pytest.mark.parametrize("other", [{"plan": "cd"}, {"plan": "ab", "run": "another"}])
def test_a_report_of_another_flight_is_none(gate, other):
    gate.look("ab")
    assert gate.look(length_s=250.0, **other) == []


def test_a_late_report_of_the_flight_before_does_not_count_for_the_next_one(gate):
    gate.look("ab")
    gate.look("cd")
    assert gate.look(length_s=250.0, plan="ab") == []
    assert gate.look(length_s=600.0, plan="cd") == [600.0]


def test_a_longer_report_counts_and_one_that_changes_again_and_again_is_unknown(gate):
    gate.look("ab")
    assert gate.look(length_s=1.0, plan="ab") == gate.look(length_s=0.5, plan="ab") == [1.0]
    for length_s in range(2, 9):
        gate.look(length_s=float(length_s), plan="ab")
    assert gate.lengths == [*map(float, range(1, MOST_REPORTS + 1)), None]
