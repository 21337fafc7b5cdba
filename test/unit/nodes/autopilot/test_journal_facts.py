"""The gate takes LOG-03, and a part of LOG-01, from the journal of a real stack."""

import pytest

from blindspot.evidence.journal import Journal
from blindspot.nodes.autopilot.journal_facts import book_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


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


def test_log_01_stays_unknown_where_nobody_measures(path):
    assert (book_of(path, ()).writable, book_of(path, ()).acts, book_of(path, ()).kept_days) == (True, None, None)
