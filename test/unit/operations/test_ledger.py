"""The ledger's file, as one process leaves it to another."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from blindspot.operations.calendar import occurrences
from blindspot.operations.ledger import LEDGER_FILE, Ledger, LedgerError, read_ledger
from blindspot.operations.operation_file import load_operation
from blindspot.operations.secret import own_bytes
from blindspot.operations.states import PackUse


def test_a_ledger_of_another_version_is_refused_in_one_sentence_and_stays_as_it_is(tmp_path):
    with closing(sqlite3.connect(tmp_path / LEDGER_FILE)) as older:
        older.execute("CREATE TABLE pass (occurrence TEXT, sortie INTEGER)")
        older.commit()
    before = (tmp_path / LEDGER_FILE).read_bytes()
    for opens in (Ledger, read_ledger):
        with pytest.raises(LedgerError, match=r"ledger\.sqlite: is a ledger of another version: move it away") as error:
            opens(tmp_path)
        assert "\n" not in str(error.value)
    with closing(sqlite3.connect(tmp_path / LEDGER_FILE)) as older:
        assert older.execute("SELECT name FROM sqlite_master").fetchall() == [("pass",)]
    assert len((tmp_path / LEDGER_FILE).read_bytes()) == len(before)


def test_an_empty_file_of_an_operation_that_has_drawn_is_no_new_ledger(tmp_path):
    """After a bad disk, passes that had flown would have been drawn and flown again."""
    (tmp_path / LEDGER_FILE).touch()
    Ledger(tmp_path).close()  # its first start was cut short
    own_bytes(tmp_path, "operation.key")
    Ledger(tmp_path).close()
    (tmp_path / LEDGER_FILE).write_bytes(b"")
    for suffix in ("-wal", "-shm"):
        (tmp_path / (LEDGER_FILE + suffix)).unlink(missing_ok=True)
    for opens in (Ledger, read_ledger):
        with pytest.raises(LedgerError, match="is empty: its states are lost; restore it, or move it away"):
            opens(tmp_path)
    assert (tmp_path / LEDGER_FILE).read_bytes() == b""
    (tmp_path / LEDGER_FILE).unlink()
    Ledger(tmp_path).close()


def states_on_a_full_disk(folder):
    """The states that a process reads which can write nothing; None if it fails."""
    pid = os.fork()
    if pid == 0:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            os._exit(10 + len(read_ledger(folder)))
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code - 10 if code >= 10 else None


def test_the_states_are_shown_on_a_full_disk(operation_with, tmp_path):
    """Each look at the ledger wrote to it, so the crew saw nothing of the passes in the air."""
    calendar = occurrences(load_operation(operation_with()))
    with closing(Ledger(tmp_path / "state")) as ledger:
        ledger.claim(calendar[0].slot_from, "test", tmp_path)
        ledger.plan(calendar[0].slot_from, calendar)
        assert states_on_a_full_disk(tmp_path / "state") == len(calendar), "beside a scheduler"
    assert states_on_a_full_disk(tmp_path / "state") == len(calendar), "without one"


def planned(folder, operation_with):
    """The calendar in a ledger that is open, as its scheduler keeps it."""
    calendar, ledger = occurrences(load_operation(operation_with())), Ledger(folder)
    ledger.claim(calendar[0].slot_from, "test", folder)
    ledger.plan(calendar[0].slot_from, calendar)
    return ledger, len(calendar)


def test_the_file_alone_has_every_state_also_beside_a_scheduler(operation_with, tmp_path):
    """A person who moved or copied it lost the states that lay beside it."""
    ledger, number = planned(tmp_path / "state", operation_with)
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / "state" / LEDGER_FILE, tmp_path / "copy")
    with closing(ledger):
        assert len(read_ledger(tmp_path / "copy")) == number
        assert [path.name for path in (tmp_path / "state").iterdir() if path.name.startswith(LEDGER_FILE)] == [
            LEDGER_FILE
        ]


def killed_in_a_transaction(path):
    """A process that dies while half of its changes are in the file."""
    pid = os.fork()
    if pid == 0:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA cache_size=1")
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM occurrence")
        db.executemany("INSERT INTO note VALUES (?, ?)", [(str(number), "x" * 500) for number in range(500)])
        os._exit(0)
    os.waitpid(pid, 0)


def test_the_half_of_a_change_that_a_killed_process_leaves_is_taken_back(operation_with, tmp_path):
    ledger, number = planned(tmp_path, operation_with)
    ledger.close()
    killed_in_a_transaction(tmp_path / LEDGER_FILE)
    assert (tmp_path / f"{LEDGER_FILE}-journal").stat().st_size
    assert len(read_ledger(tmp_path)) == number
    killed_in_a_transaction(tmp_path / LEDGER_FILE)
    with closing(Ledger(tmp_path)) as again:
        assert len(again.occurrences()) == number


def test_the_rest_of_a_ledger_that_was_moved_away_makes_no_new_one(operation_with, tmp_path):
    planned(tmp_path, operation_with)[0].close()
    killed_in_a_transaction(tmp_path / LEDGER_FILE)
    (tmp_path / LEDGER_FILE).rename(tmp_path / "old.sqlite")
    with pytest.raises(LedgerError, match=r"ledger\.sqlite-journal: belongs to a ledger that was moved away"):
        Ledger(tmp_path)


def test_a_ledger_of_an_older_version_keeps_its_states(operation_with, tmp_path):
    """It had changes in a file beside it."""
    ledger, number = planned(tmp_path, operation_with)
    ledger.close()
    with closing(sqlite3.connect(tmp_path / LEDGER_FILE)) as older:
        older.execute("PRAGMA journal_mode=WAL")
    assert len(read_ledger(tmp_path)) == number
    with closing(Ledger(tmp_path)) as again, closing(sqlite3.connect(tmp_path / LEDGER_FILE)) as seen:
        assert len(again.occurrences()) == number
        assert seen.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_look_makes_no_ledger_of_an_empty_file(tmp_path):
    (tmp_path / LEDGER_FILE).touch()
    assert read_ledger(tmp_path) == ()
    assert (tmp_path / LEDGER_FILE).read_bytes() == b""


DAMAGES = {
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "a folder": lambda path: path.mkdir(),
    "a link to itself": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_ledger_is_no_missing_one_and_its_sentence_names_the_way_out(tmp_path, damage):
    """`status` read a folder in its place as "no evening has begun"."""
    damage(tmp_path / LEDGER_FILE)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite: the ledger can't be read.*; (see the folder|restore it)"):
        read_ledger(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="file: can't be read: Not a directory; see"):
        read_ledger(tmp_path / "file")


def test_a_ledger_is_opened_again(tmp_path):
    for _ in range(2):
        with closing(Ledger(tmp_path)) as ledger:
            assert ledger.occurrences() == ()


def test_the_packs_of_the_last_days_are_known_with_the_end_of_their_flights(tmp_path, operation_with):
    asked = load_operation(operation_with())
    first = occurrences(asked)[0]
    at, minute = first.slot_from, timedelta(minutes=1)
    with closing(Ledger(tmp_path)) as ledger:
        ledger.claim(at, "test", tmp_path)
        ledger.plan(at, occurrences(asked))
        ledger.draw(at, first.id, [(at, "v01")], "hash")
        for state in ("due", "cleared", "flying", "done"):
            at += minute
            [row] = ledger.occurrences()[0].passes
            ledger.move(at, row, state, packs=[("drone1", "A1")] if state == "flying" else ())
            if state == "flying":
                assert ledger.packs_used(at) == (PackUse("A1", at, None),)
        assert ledger.packs_used(at) == (PackUse("A1", at - minute, at),)
        assert ledger.packs_used(at + timedelta(days=4)) == ()


def test_the_packs_of_a_pass_that_is_followed_again_rest_from_its_landing_on(tmp_path, operation_with):
    """The scheduler was restarted while it flew."""
    asked = load_operation(operation_with())
    first, minute = occurrences(asked)[0], timedelta(minutes=1)
    with closing(Ledger(tmp_path)) as ledger:
        at = begun = first.slot_from
        ledger.claim(at, "test", tmp_path)
        ledger.plan(at, occurrences(asked))
        ledger.draw(at, first.id, [(at, "v01")], "hash")
        ends = []
        for state in ("due", "cleared", "flying", "interrupted", "flying", "interrupted", "done"):
            at += minute
            [row] = ledger.occurrences()[0].passes
            begun = at if (row.state, state) == ("cleared", "flying") else begun
            ledger.move(at, row, state, packs=[("drone1", "A1")] if at == begun else ())
            ends += [use.ended for use in ledger.packs_used(at)]
    assert ends == [None, begun + minute, None, begun + 3 * minute, begun + 4 * minute]


def test_a_flight_whose_packs_nobody_named_is_known_as_one(tmp_path, operation_with):
    """The crew chose the packs of the second attempt: a later slot must not take them for rested ones."""
    asked = load_operation(operation_with())
    first, minute = occurrences(asked)[0], timedelta(minutes=1)
    with closing(Ledger(tmp_path)) as ledger:
        at = first.slot_from
        ledger.claim(at, "test", tmp_path)
        ledger.plan(at, occurrences(asked))
        ledger.draw(at, first.id, [(at, "v01")], "hash")
        for state in ("due", "cleared", "flying", "interrupted", "cleared", "flying", "done"):
            at += minute
            [row] = ledger.occurrences()[0].passes
            ledger.move(at, row, state, packs=[("drone1", "A1")] if row.attempt == 1 and state == "flying" else ())
            if row.state == "cleared" and row.attempt == 2:
                assert ledger.packs_used(at)[1] == PackUse("", at, None)
        assert [use.pack for use in ledger.packs_used(at)] == ["A1", ""]
        assert ledger.packs_used(at)[1] == PackUse("", at - minute, at)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE occurrence SET slot_from='12:30'", "UPDATE occurrence SET slot_until=x'ff'",
        "ALTER TABLE occurrence RENAME COLUMN reason TO why", "UPDATE change SET at='yesterday'",
        "UPDATE occurrence SET slot_from='2026-11-06T19:00:00'", "UPDATE occurrence SET passes='many'",
        "UPDATE occurrence SET state='eaten'",
    ],
    ids=["no date", "bytes", "another column", "no moment", "no time zone", "no number", "no state"],
)  # fmt: skip
def test_values_that_nobody_wrote_are_refused_in_one_sentence(tmp_path, change):
    with closing(Ledger(tmp_path)) as ledger, closing(sqlite3.connect(tmp_path / LEDGER_FILE)) as by_hand:
        by_hand.execute(
            "INSERT INTO occurrence (id, slot_from, slot_until, passes, token, changed) "
            "VALUES ('a', '2026-11-06T19:00:00+00:00', '2026-11-06T20:00:00+00:00', 1, 1, '')"
        )
        by_hand.execute("INSERT INTO change VALUES (1, '2026-11-06T19:00:00+00:00', 1, 'a', 0, '', '', '', '')")
        by_hand.execute(change)
        by_hand.commit()
        with pytest.raises(LedgerError, match=r"ledger\.sqlite: the ledger can't be read"):
            (ledger.occurrences(), ledger.latest())


def test_an_evening_that_went_by_stays_missed_when_the_file_names_it_no_more(evenings):
    """An exception that was written afterwards took it out of the ledger and of the report."""
    flown = evenings()
    flown.until(flown.now)
    later = evenings(recurrence={"from": "2026-11-03"})
    later.fleet.now = flown.calendar[0].slot_until + timedelta(hours=1)
    later.until(later.now)
    states = [(row.slot_from.day, row.state, row.reason) for row in later.ledger.occurrences()]
    assert states[0] == (2, "missed", "no scheduler ran in its slot")
    assert [state for _, state, _ in states[1:]] == ["planned", "planned"]


def test_an_evening_that_is_moved_to_a_later_time_of_its_day_is_flown_then(evenings):
    flown = evenings()
    flown.until(flown.now)
    later = evenings(slots=[{"name": "evening", "from": "21:30", "until": "22:30", "passes": 1}])
    later.fleet.now = flown.calendar[0].slot_until + timedelta(minutes=30)
    later.until(later.calendar[0].slot_until + timedelta(hours=1))
    assert later.ledger.occurrences()[0].state == "done" and later.states() == ["done"]
