"""Folders of runs as a simulation and a standing stack leave them."""

from __future__ import annotations

import json
import os

import pytest

from blindspot.evidence.journals.journal import Journal
from blindspot.stack.supervised import note_supervised, start_of

WHO = ("--person", "A. Person", "--reason", "retention is over")
SIM, FIRST, SECOND = "20261127T100000Z-town", "20261128T010000Z-town", "20261128T020000Z-field"
SUMMARY = {
    "schema": "blindspot.summary/1", "simulated": True, "outcome": "completed", "reason": "",
    "coverage": {"seen_blind_fraction": 0.98},
    "drones": [{"name": "drone1", "flight_time_s": 120.0}, {"name": "drone2", "flight_time_s": 60.0}], "violations": [],
}  # fmt: skip


def _make_run(folder, summary=SUMMARY, **files):
    """A run's folder; further files by their path, with `__` for a slash and for the dot before the suffix `_`."""
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps({"id": "p", "mission": "config/missions/town.yaml"}))
    if summary is not None:
        (folder / "summary.json").write_text(json.dumps(summary))
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return folder


@pytest.fixture
def make_run():
    return _make_run


@pytest.fixture
def alive():
    """Makes the folder of a stack one whose supervisor is this process."""
    return lambda folder: note_supervised(folder, {"authority": (os.getpid(), start_of(os.getpid()))})


@pytest.fixture(autouse=True)
def own_state(monkeypatch, tmp_path):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))


@pytest.fixture
def out(tmp_path):
    """A run of a simulation, and a stack with two runs and a journal."""
    out = tmp_path / "runs"
    _make_run(out / "20261127T100000Z-town", recording__drone1_mcap="masked", drone1_ulg="log", report_html="<p>")
    stack = out / "20261128T000000Z-fleet"
    _make_run(stack / "20261128T010000Z-town", report_html="<p>", lease__lease_key="secret")
    _make_run(stack / "20261128T020000Z-field", None, track_csv="")
    journal = Journal(stack / "journal.jsonl", "mission_manager")
    journal.write("order", run="20261128T010000Z-town", person="A. Person", drones=["drone1", "drone2"])
    journal.write("order", run="20261128T020000Z-field", person="B. Person")
    journal.write("clearance", run="20261128T010000Z-town", plan="P1", granted=True)
    journal.write("withdrawal", plan="P1", reason="the mission ended")
    return out


@pytest.fixture
def stack(out):
    return out / "20261128T000000Z-fleet"


@pytest.fixture
def record(tmp_path):
    """Writes the record of a stack into the state folder, each later than the one before."""
    written = []

    def write(stack_dir, domain=0, **more):
        path = tmp_path / "state" / "stacks" / f"domain-{domain}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        written.append(path)
        content = {
            "pid": 1, "start_ticks": 0, "boot": "", "domain": domain, "mode": "embedded", "fleet": "fleet.yaml",
            "stack_dir": str(stack_dir), "journal": str(stack_dir / "journal.jsonl"), "watched": [],
            "started": f"2026-11-28T00:00:{len(written):02d}+00:00",
        }  # fmt: skip
        path.write_text(json.dumps(content | more))
        return path

    return write


def entries(stack):
    return [json.loads(line) for line in (stack / "journal.jsonl").read_text().splitlines()]


def left(out):
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
