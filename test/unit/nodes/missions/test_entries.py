"""Entries of stops and of ends of missions: written after the act, and owed in their order while the disk refuses."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.core import BlindspotError
from blindspot.evidence import Journal
from blindspot.law.keys.computer_key import ComputerKey
from blindspot.nodes.missions import entries
from blindspot.nodes.missions.entries import Entries


class Disk:
    """A journal's file that can be full: a folder in its place refuses every entry."""

    def __init__(self, folder, key=None) -> None:
        self.path, by = folder / "journal.jsonl", "mission_manager"
        self.errors: list[str] = []
        self.entries = Entries(self.path, Journal(self.path, by, key), by, self.errors.append, key)

    def fill(self) -> None:
        self.path.mkdir()

    def empty(self) -> None:
        self.path.rmdir()

    def stop(self, order: str, reason: str = "a crane") -> None:
        self.entries.note_stop(order, ["drone1"], "A. Martin", reason, "evening")

    def until(self, fact) -> None:
        deadline_s = time.monotonic() + 30.0
        while not fact():
            assert time.monotonic() < deadline_s
            self.entries.step()
            time.sleep(0.01)

    @property
    def written(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.is_file() else []

    @property
    def acts(self) -> list[object]:
        return [entry["facts"].get("order", entry["act"]) for entry in self.written]


@pytest.fixture
def disk(tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "AGAIN_S", 0.05)
    disk = Disk(tmp_path)
    yield disk
    disk.entries.close()


def test_an_entry_that_the_disk_takes_has_the_time_of_its_act(disk):
    disk.stop("hold")
    disk.until(lambda: not disk.entries.owed)
    disk.entries.note_end("evening", "returned", "called home")
    assert disk.acts == ["hold", "mission_ended"] and disk.errors == []
    assert all("happened_at" not in entry["facts"] for entry in disk.written)


def test_stops_that_come_together_are_handed_to_the_disk_together(disk):
    """A process that dies a moment later has written them."""
    for order in ("hold", "return_home", "abort"):
        disk.stop(order)
    deadline_s = time.monotonic() + 30.0
    while len(disk.acts) < 3:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    assert disk.acts == ["hold", "return_home", "abort"]


def test_what_the_disk_refused_is_written_in_its_order_and_with_its_time_once_there_is_room(disk):
    disk.fill()
    before = datetime.now(UTC)
    disk.stop("hold")
    disk.stop("return_home")
    disk.entries.note_end("evening", "returned", "called home")
    after = datetime.now(UTC)
    disk.until(lambda: len(disk.errors) >= 2)
    assert disk.entries.ended_runs_owed == {"evening"}
    disk.empty()
    disk.stop("abort")
    disk.until(lambda: not disk.entries.owed)
    assert disk.acts == ["hold", "return_home", "mission_ended", "abort"]
    for entry in disk.written[:3]:
        assert before <= datetime.fromisoformat(entry["facts"]["happened_at"]) <= after
    assert disk.written[0]["facts"] | {"happened_at": ""} == {
        "order": "hold", "drones": ["drone1"], "person": "A. Martin", "reason": "a crane", "run": "evening",
        "signature": "", "happened_at": "",
    }  # fmt: skip


def test_the_log_names_an_entry_that_is_owed_once_and_not_at_each_try(disk):
    disk.fill()
    disk.stop("hold")
    disk.until(lambda: disk.errors)
    turns = iter(range(50))
    disk.until(lambda: next(turns, None) is None)
    [error] = disk.errors
    assert "hold" in error and "A. Martin" in error and "not in the journal yet" in error


def test_an_order_that_waits_for_its_entry_comes_after_the_stops_that_are_owed(disk):
    disk.fill()
    disk.stop("hold")
    disk.until(lambda: disk.errors)
    with pytest.raises(BlindspotError, match="no entry can be written"):
        disk.entries.write_owed()
    disk.empty()
    disk.entries.write_owed()
    assert disk.acts == ["hold"] and disk.entries.owed == ()


def test_at_the_end_the_owed_entries_are_tried_once_more(disk):
    disk.fill()
    for order in ("hold", "return_home"):
        disk.stop(order)
    disk.until(lambda: disk.errors)
    disk.empty()
    disk.entries.close()
    assert disk.acts == ["hold", "return_home"]


def test_stops_beyond_the_most_that_are_owed_are_lost_and_logged_and_ends_are_not(disk, monkeypatch):
    monkeypatch.setattr(entries, "MOST_OWED", 2)
    disk.fill()
    for order in ("hold", "return_home", "abort"):
        disk.stop(order)
    disk.entries.note_end("evening", "aborted", "")
    assert any("abort" in error and "is lost" in error for error in disk.errors)
    disk.empty()
    disk.until(lambda: not disk.entries.owed)
    assert disk.acts == ["hold", "return_home", "mission_ended"]


def test_the_signed_head_follows_the_end_of_a_mission_now_and_later(tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "AGAIN_S", 0.05)
    disk = Disk(tmp_path, ComputerKey(Ed25519PrivateKey.generate()))
    disk.entries.note_end("evening", "returned", "")
    (whole := disk.path).rename(tmp_path / "kept")
    disk.fill()
    disk.entries.note_end("late", "returned", "")
    disk.empty()
    (tmp_path / "kept").rename(whole)
    disk.until(lambda: not disk.entries.owed)
    disk.entries.close()
    assert disk.acts == ["mission_ended", "head_signed", "mission_ended", "head_signed"]
    assert disk.written[3]["facts"]["hash"] == disk.written[2]["sha256"]
