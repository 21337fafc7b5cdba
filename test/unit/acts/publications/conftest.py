"""A stack with flights at chosen days, and the publication of its page."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blindspot.acts.publications import publish_page
from blindspot.evidence.journals.journal import Journal

ROOT = Path(__file__).parents[4]
AUTHORISATION = ROOT / "config" / "authorisations" / "crossroads_sim.yaml"
BEGIN = datetime(2026, 3, 1, 20, tzinfo=UTC)
DELAY = timedelta(hours=48)
SUMMARY = {
    "schema": "blindspot.summary/1", "simulated": True, "outcome": "completed", "order": {"person": "Ada Martin"},
    "coverage": {"fixed_fraction": 0.244, "seen_blind_fraction": 0.991}, "detections": 7,
    "drones": [{"name": "drone-secret", "flight_time_s": 120.0}], "proportion": {"seen_m2": 6636.0},
}  # fmt: skip


@pytest.fixture
def stack(tmp_path, monkeypatch):
    """Writes the entries and the files of a flight at a day; its folder and journal are those of one stack."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    folder = tmp_path / "runs" / "20260301T190000Z-stack"

    def fly(run, day, authorisation="SIM-CROSSROADS", ends=True, summary=SUMMARY):
        def write(minute, act, **facts):
            class Clock(datetime):
                @classmethod
                def now(cls, tz=None):
                    return BEGIN + timedelta(days=day, minutes=minute)

            monkeypatch.setattr("blindspot.evidence.journals.journal.datetime", Clock)
            Journal(folder / "journal.jsonl", "test").write(act, run=run, **facts)

        by = {"person": "Ada Martin", "drones": ["drone-secret"]}
        write(0, "mission", **by)
        write(1, "clearance", granted=True, authorisation=authorisation, profile="SIM-ONLY", **by)
        write(2, "arming", drone="drone-secret", person="Ada Martin")
        if ends:
            write(8, "mission_ended", outcome="completed", reason="seen by Ada Martin")
        if summary is not None:
            (folder / run).mkdir(parents=True)
            (folder / run / "summary.json").write_text(json.dumps(summary) if isinstance(summary, dict) else summary)
            (folder / run / "plan.json").write_text(json.dumps({"site": str(ROOT / "config" / "sites" / "crossroads")}))
        return folder

    return fly


@pytest.fixture
def publish(tmp_path):
    def now(days=30.0, delay=DELAY, person="Ada Martin", out=None, authorisation=AUTHORISATION):
        out = out or tmp_path / "page"
        done = publish_page(out, tmp_path / "runs", authorisation, delay, person, BEGIN + timedelta(days=days))
        return done, json.loads((out / "flights.json").read_text())

    return now
