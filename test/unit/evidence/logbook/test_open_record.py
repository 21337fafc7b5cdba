"""The open record of a run: a flight that was recorded once, and the flights of a logbook that was killed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.tail import JournalTail
from blindspot.evidence.logbook.open_record import GAP, SOURCE, EarlierRecord, OpenRecord
from blindspot.evidence.logbook.ordered_runs import OrderedRun, cleared_plans, left_open
from blindspot.evidence.observed.event_log import read_events
from blindspot.evidence.observed.track import TrackPoint, read_tracks

FLIGHT = Path(__file__).parents[3] / "data" / "records"
ORDER = OrderedRun("one", "m.yaml", "0" * 64, "1" * 64, "A. Martin", "a test", datetime(2026, 12, 2, 15, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "one"
    made.mkdir()
    return made


def opened(folder: Path, now_s: float, wall_s: float, *, writes_track: bool = False) -> OpenRecord:
    before = EarlierRecord.in_folder(folder)
    return OpenRecord(folder, ORDER, now_s, wall_s, writes_track=writes_track, real_time=False, before=before)


def test_a_recorded_flight_has_the_same_facts_and_events_as_by_its_former_writer(folder):
    """The messages of a simulated flight, and the facts that the client of that flight gave to its summary."""
    facts = json.loads((FLIGHT / "north_facts.json").read_text())
    events = read_events(FLIGHT / "north_events.jsonl") or ()
    record = opened(folder, 21.4, 100.0)
    record.keep(events)
    for plan in (*facts["flown_plans"], "", *facts["flown_plans"]):
        record.flies(plan)
    record.saw(facts["detections"])
    record.pictures_counted = facts["extra"]["pictures_counted"]
    record.pictures_refused = facts["extra"]["pictures_refused"]
    record.close()
    cleared, outcome = frozenset(facts["cleared_plans"]), (facts["outcome"], facts["reason"])
    found = record.facts(
        outcome, now_s=21.4 + facts["sim_time_s"], wall_s=100.0 + facts["wall_time_s"], cleared=cleared,
        ends={"drone1": ("completed", "")},
    )  # fmt: skip
    facts["extra"] |= {"order": {"run": "one", "person": "A. Martin", "reason": "a test"}}
    assert json.loads(json.dumps(found)) == facts | {
        "wall_time_s": pytest.approx(facts["wall_time_s"]), "sim_time_s": pytest.approx(facts["sim_time_s"]),
    }  # fmt: skip
    assert read_events(folder / "events.jsonl") == events
    assert read_tracks(folder / "track.csv") == {}, "the report of a run without a flight needs a track, too"


def test_the_record_of_a_killed_logbook_goes_on_and_names_its_gap(folder):
    point = TrackPoint(11.0, "drone1", 0.0, 0.0, 60.0, 0.9, True, True, "en_route")
    first = opened(folder, 10.0, 0.0, writes_track=True)
    first.note(10.0, "/drone1/camera was killed by SIGKILL")
    first.flown_to(point)
    (folder / "looks.csv").write_text("stamp_s,drone\n1.0,drone1\n")  # then it is killed
    second = opened(folder, 25.0, 8.0, writes_track=True)
    second.flown_to(TrackPoint(26.0, "drone1", 0.0, 0.0, 60.0, 0.9, True, True, "en_route"))
    second.saw(3)
    second.close()
    facts = second.facts(("completed", ""), now_s=40.0, wall_s=20.0)
    gap = "the record has a gap of 15.0 s: the logbook did not run, and nothing was heard"
    assert facts["extra"]["unheard"] == [[10.0, 25.0]]
    assert facts["extra"]["chain"] == [gap, "/drone1/camera was killed by SIGKILL"]
    assert (facts["sim_time_s"], facts["detections"]) == (30.0, None), "the boxes before are unknown"
    (event,) = [one for one in read_events(folder / "events.jsonl") or () if one.kind == GAP]
    assert (event.source, event.text, event.stamp_s) == (SOURCE, gap, 25.0)
    assert len(read_tracks(folder / "track.csv")["drone1"].stamp_s) == 2
    third = EarlierRecord.in_folder(folder)
    assert third is not None and third.gaps == ((10.0, 25.0),) and list(third.notes) == first.notes == second.notes


def test_what_a_drone_or_a_full_disk_did_stands_beside_the_reason(folder):
    record = OpenRecord(folder / "gone", ORDER, 0.0, 0.0, writes_track=False, real_time=True)
    ends = {"drone1": ("unaccounted", "it is gone"), "drone2": ("completed", "")}
    facts = record.facts(("unaccounted", "it is gone"), now_s=9.0, wall_s=4.0, ends=ends, lost=["/drone1/camera"])
    assert facts["extra"]["unaccounted"] == ["drone1"] and facts["extra"]["lost_nodes"] == ["/drone1/camera"]
    assert facts["extra"]["chain"][0] == "drone1: it is gone" and "can't be written" in facts["extra"]["chain"][1]
    assert facts["sim_time_s"] == facts["wall_time_s"] == 4.0, "real time"


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "journal.jsonl", "mission_manager")


def begins(journal: Journal, run: str, plan: str = "1" * 64) -> None:
    journal.write("mission", run=run, mission="m.yaml", sha256="0", plan=plan, person="A. Martin", reason="a test")


def test_the_journal_gives_each_order_once_also_after_it_was_put_aside(journal, tmp_path):
    tail = JournalTail(tmp_path / "journal.jsonl", ("mission", "mission_ended"))
    assert tail.new() == []
    begins(journal, "one")
    journal.write("order", order="hold", run="one")
    assert [OrderedRun.of(entry).run for entry in tail.new()] == ["one"] and tail.new() == []
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"act":"mission","n":')  # an entry that is being written
    assert tail.new() == []
    (tmp_path / "journal.jsonl").rename(tmp_path / "old.jsonl")
    begins(Journal(tmp_path / "journal.jsonl", "mission_manager"), "two")
    assert [OrderedRun.of(entry).run for entry in tail.new()] == ["two"]


def test_the_runs_that_an_earlier_process_left_open_are_known_by_the_journal(journal, tmp_path):
    for run in ("one", "two"):
        begins(journal, run)
        journal.write("clearance", run=run, granted=run == "two", plan="1" * 64)
        journal.write("mission_ended", run=run, outcome="completed", reason="")
    begins(journal, "two", "2" * 64)
    entries = JournalTail(tmp_path / "journal.jsonl", ("mission", "mission_ended")).new()
    assert [entry.facts["run"] for entry in left_open(entries, lambda run: run == "one")] == ["one", "one"]
    (again,) = left_open(entries, lambda run: run == "two")
    assert OrderedRun.of(again).plan == "2" * 64, "a name that was flown twice"
    assert cleared_plans(tmp_path / "journal.jsonl", "two", tmp_path) == {"1" * 64}
    assert cleared_plans(tmp_path / "journal.jsonl", "one", tmp_path) == frozenset()
