"""LOG-01: a journal is kept for three years, on a disk, and a lost entry shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from blindspot.evidence.acts.retention import forget_head, kept_days, note_head, why_kept
from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.journal_check import verify_journal
from blindspot.law.rules import KEPT_DAYS

LAST = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ROOT = "21 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"


def test_three_years_after_its_last_entry_a_journal_may_be_erased_and_a_microsecond_before_not():
    due = LAST + timedelta(days=1096)
    assert KEPT_DAYS == 1096
    assert why_kept(LAST, due) == ""
    assert "until 2029-11-28 12:00 UTC" in why_kept(LAST, due - timedelta(microseconds=1))
    assert why_kept(LAST, LAST - timedelta(days=1)) != "", "a clock that was set back erases nothing"


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal.jsonl"
    writer = Journal(path, "authority")
    writer.write("order", run="a")
    writer.write("order", run="b")
    return path


@pytest.fixture
def mounts(tmp_path):
    def write(*lines):
        path = tmp_path / "mountinfo"
        path.write_text(ROOT + "".join(lines))
        return path

    return write


def test_a_journal_on_a_disk_is_kept(journal, mounts):
    assert kept_days(journal, mounts()) == KEPT_DAYS
    assert kept_days(journal.with_name("none.jsonl"), mounts()) == KEPT_DAYS, "its first entry makes it"


@pytest.mark.parametrize("kind", ["tmpfs", "ramfs"])
def test_a_journal_in_memory_is_not_kept(journal, mounts, kind):
    assert kept_days(journal, mounts(f"22 21 0:5 / {journal.parent} rw - {kind} none rw\n")) == 0
    assert kept_days(journal, mounts(f"22 21 0:5 / {journal.parent}x rw - {kind} none rw\n")) == KEPT_DAYS


@pytest.mark.parametrize(("kind", "days"), [("tmpfs", 0), ("ext4", KEPT_DAYS)])
def test_a_journal_on_an_overlay_is_kept_as_long_as_its_upper_folder(journal, mounts, kind, days):
    """A read-only root with a folder in memory over it, as overlayroot makes it."""
    over = "22 21 0:9 / / rw - overlay over rw,lowerdir=/ro,upperdir=/media/rw/up,workdir=/media/rw/work\n"
    assert kept_days(journal, mounts(over, f"23 22 0:5 / /media/rw rw - {kind} none rw\n")) == days


def test_without_a_list_of_mounts_it_is_unknown(journal, tmp_path):
    assert kept_days(journal, tmp_path / "none") is None
    (tmp_path / "empty").touch()
    assert kept_days(journal, tmp_path / "empty") is None


def test_a_noted_entry_must_be_in_a_journal_of_the_folder(journal, mounts):
    lines = journal.read_text().splitlines(keepends=True)
    note_head(journal, 2, json.loads(lines[1])["sha256"])
    assert kept_days(journal, mounts()) == KEPT_DAYS
    journal.write_text(lines[0])
    assert kept_days(journal, mounts()) == 0
    journal.with_name("journal-old.jsonl").write_text("".join(lines))
    assert kept_days(journal, mounts()) == KEPT_DAYS


@pytest.mark.parametrize("note", ["", "2", "x y", "0 ab", "-1 ab"])
def test_a_damaged_note_keeps_nothing_for_certain(journal, mounts, note):
    journal.with_name("journal.jsonl.head").write_text(note)
    assert kept_days(journal, mounts()) in (None, 0)


def test_a_journal_that_was_moved_away_is_missed_after_the_new_one_was_noted(journal, mounts):
    note_head(journal, 2, verify_journal(journal).head)
    old = journal.rename(journal.with_name("journal-old.jsonl"))
    for number in (1, 2):
        Journal(journal, "authority").write("order", run="c")
        note_head(journal, number, verify_journal(journal).head)
    assert kept_days(journal, mounts()) == KEPT_DAYS
    assert len(journal.with_name("journal.jsonl.head").read_text().splitlines()) == 2
    lines = old.read_bytes()
    old.unlink()
    assert kept_days(journal, mounts()) == 0
    old.write_bytes(lines)
    forget_head(journal, old)
    old.unlink()
    assert kept_days(journal, mounts()) == KEPT_DAYS, "erased after three years"
    forget_head(journal, journal)
    assert not journal.with_name("journal.jsonl.head").exists()


def test_a_journal_without_an_entry_is_not_noted_as_lost(tmp_path, mounts):
    """A full disk leaves it empty."""
    path = tmp_path / "journal.jsonl"
    path.touch()
    check = verify_journal(path)
    note_head(path, check.entries, check.head)
    Journal(path, "authority").write("order", run="a")
    assert kept_days(path, mounts()) == KEPT_DAYS
