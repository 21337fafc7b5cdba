"""Duties whose time is over, by journal and recordings."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from blindspot.acts.duties.overdue_duties import overdue
from blindspot.evidence.journals.journal import Journal

USE = {"granted": True, "profile": "FR-CSI-L242-5", "authorisation": "A", "person": "A. Martin", "drones": ["drone1"]}


def now(**later):
    return datetime.now(UTC) + timedelta(**later)


def test_a_register_is_overdue_a_week_after_a_use_that_no_register_holds(tmp_path):
    journal = tmp_path / "journal.jsonl"
    assert overdue(journal, tmp_path, now()).register_since == ""
    Journal(journal, "authority").write("clearance", run="R1", **USE)
    assert overdue(journal, tmp_path, now(days=6)).register_since == ""
    assert overdue(journal, tmp_path, now(days=8)).register_since == f"{now():%Y-%m-%d}"
    Journal(journal, "authority register").write("register_sent", recipient="Prefect", until=1)
    assert overdue(journal, tmp_path, now(days=8)).register_since == ""


def test_a_recording_beyond_its_time_is_counted(tmp_path):
    recording = tmp_path / "stack" / "run" / "recording" / "drone1-1.mcap"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"no facts")
    assert overdue(tmp_path / "none", tmp_path, now()).erasures == 0
    os.utime(recording, (0.0, now(days=-8).timestamp()))
    assert overdue(tmp_path / "none", tmp_path, now()).erasures == 1
