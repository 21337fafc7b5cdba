"""The gate takes LOG-01 and LOG-03 from the journals of a real stack."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.journal_check import entries_of_act
from blindspot.law.rules import KEPT_DAYS, Book
from blindspot.law.rules.log import ACTS
from blindspot.nodes.autopilot import journal_facts


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


def book_of(path, going_on, drones=(), recipient=""):
    return journal_facts.book_of(path, going_on, drones, recipient)


@pytest.fixture
def note(path):
    journal = Journal(path, "mission_manager")
    return lambda act, run: journal.write(act, run=run)


def test_log_03_the_register_is_complete_before_the_first_mission(path):
    assert book_of(path, ()).register_complete is True


def test_log_03_a_mission_without_its_end_makes_it_incomplete(path, note):
    note("mission", "evening")
    assert book_of(path, ()).register_complete is False
    assert book_of(path, ("evening",)).register_complete is True, "it goes on"
    note("mission_ended", "evening")
    assert book_of(path, ()).register_complete is True
    note("mission", "evening")
    assert book_of(path, ()).register_complete is False, "it was begun again"


def test_log_03_a_damaged_journal_leaves_it_unknown(path, note):
    note("mission", "evening")
    path.write_text(path.read_text().replace("evening", "morning"))
    found = book_of(path, ())
    assert (found.writable, found.register_complete) == (False, None)


def test_log_02_the_register_was_sent_at_the_last_entry_that_says_so(path):
    journal = Journal(path, "authority register")
    assert book_of(path, ()).register_sent is None
    for _ in range(2):
        journal.write("register_sent", person="A. Martin", recipient="cabinet")
    [_, last] = entries_of_act(path, "register_sent")
    assert book_of(path, ()).register_sent == book_of(path, (), recipient=" CABINET").register_sent == last.at
    assert book_of(path, (), recipient="another prefect").register_sent is None, "it went to somebody else"
    path.write_text(path.read_text().replace("cabinet", "Cabinet"))
    assert book_of(path, ()).register_sent is None


DRONE = Book(writable=True, acts=ACTS, kept_days=KEPT_DAYS)


def test_log_01_is_known_from_the_journals_of_all_computers(path, note):
    note("mission_ended", "evening")
    found = book_of(path, (), [DRONE, DRONE])
    assert (found.writable, found.acts, found.kept_days) == (True, ACTS, KEPT_DAYS)


@pytest.mark.parametrize(
    ("drone", "found"),
    [
        (Book(), (None, None, None)),
        (Book(writable=False, acts=ACTS, kept_days=KEPT_DAYS), (False, ACTS, KEPT_DAYS)),
        (Book(writable=True, acts=("collection",), kept_days=KEPT_DAYS), (True, ("collection",), KEPT_DAYS)),
        (Book(writable=True, acts=ACTS, kept_days=0), (True, ACTS, 0)),
    ],
)
def test_log_01_one_computer_that_is_unknown_or_worse_counts_for_all(path, note, drone, found):
    note("mission_ended", "evening")
    book = book_of(path, (), [DRONE, drone])
    assert (book.writable, book.acts, book.kept_days) == found


def test_log_01_entries_that_the_gate_has_seen_and_that_are_lost_are_not_kept(path, note):
    note("mission", "evening")
    note("mission_ended", "evening")
    lines = path.read_text().splitlines(keepends=True)
    assert book_of(path, ()).kept_days == KEPT_DAYS
    path.write_text(lines[0])
    assert book_of(path, ()).kept_days == 0, "its end was cut off"
    assert book_of(path, ()).kept_days == 0, "it is no new beginning"
    path.unlink()
    assert book_of(path, ()).kept_days == 0
    path.with_name("journal-2026.jsonl").write_text("".join(lines))
    assert book_of(path, ()).kept_days == KEPT_DAYS, "it was moved away, and is kept"


def test_log_01_a_broken_chain_leaves_its_time_unknown(path, note):
    note("mission", "evening")
    path.write_text(path.read_text().replace("evening", "morning"))
    assert (book_of(path, ()).writable, book_of(path, ()).kept_days) == (False, None)


def test_tim_03_a_clock_behind_the_last_entry_was_set_back(path, monkeypatch):
    assert book_of(path, ()).is_behind is False, "before the first entry"
    Journal(path, "authority").write("withdrawal", plan="a", run="", reason="a test")
    [entry] = entries_of_act(path, "withdrawal")
    for earlier_s, behind in ((1.0, False), (3600.0, True)):
        now = entry.at - timedelta(seconds=earlier_s)
        monkeypatch.setattr(journal_facts, "datetime", SimpleNamespace(now=lambda _, now=now: now))
        assert book_of(path, ()).is_behind is behind


def test_log_01_a_full_disk_takes_no_entry(path, monkeypatch):
    assert journal_facts.takes_entries(path)
    for blocks, takes in ((1000, True), (999, False), (0, False)):
        disk = SimpleNamespace(f_bavail=blocks, f_frsize=1000)
        monkeypatch.setattr(journal_facts.os, "statvfs", lambda _, disk=disk: disk)
        assert journal_facts.takes_entries(path) is takes
    monkeypatch.undo()
    assert not journal_facts.takes_entries(path.parent / "lost" / "journal.jsonl")
