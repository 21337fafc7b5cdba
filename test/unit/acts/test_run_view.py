"""A run as a person sees it: read after the entry that this person looked."""

import pytest
from test.unit.acts.conftest import FIRST, SECOND, SIM, SUMMARY, entries

from blindspot.acts.run_folders import find_run
from blindspot.acts.run_view import view_run
from blindspot.core.errors import InputError
from blindspot.evidence.acts import Actor
from blindspot.evidence.journals.journal import Journal


def test_a_run_is_seen_with_its_summary_its_files_and_its_entries(out, stack):
    seen = view_run(find_run(FIRST, out), Actor())
    assert seen.summary == SUMMARY and seen.facts.outcome == "completed"
    sizes = dict(seen.files)
    assert set(sizes) == {"plan.json", "summary.json", "report.html", "lease/lease.key"}
    assert sizes["report.html"] == len("<p>")
    assert seen.report == stack / FIRST / "report.html" and seen.journal == stack / "journal.jsonl"
    assert [entry.act for entry in seen.entries] == ["order", "clearance", "withdrawal"]


def test_a_run_without_a_report_has_none(out):
    assert view_run(find_run(SECOND, out), Actor()).report is None


def test_the_look_at_a_recording_is_the_last_entry_of_its_journal(out):
    folder = out / SIM
    Journal(folder / "journal.jsonl", "recorder").write("recording", run="", profile="SIM-ONLY")
    run = find_run(SIM, out)
    seen = view_run(run, Actor("A. Person", "an inquiry"))
    assert dict(seen.files)["recording/drone1.mcap"] == len("masked")
    last = entries(folder)[-1]
    assert last["act"] == "consultation"
    assert last["facts"].items() >= {"person": "A. Person", "reason": "an inquiry"}.items()


def test_a_recording_whose_journal_is_damaged_is_not_shown(out, stack):
    (stack / FIRST / "recording").mkdir()
    (stack / FIRST / "recording" / "drone1.mcap").write_text("masked")
    with (stack / "journal.jsonl").open("a") as file:
        file.write("damaged\n")
    with pytest.raises(InputError, match="stays unchanged"):
        view_run(find_run(FIRST, out), Actor("A. Person", "an inquiry"))
