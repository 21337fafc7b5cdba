"""`sim --in-process` of an overwatch: the track, the states of the targets and the outcome."""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path

import pytest
from test.unit.sim.in_process.conftest import crossroads, watch

from blindspot.cli.sessions.watch_in_process import Witness, fly_watch, outcome_of
from blindspot.core.folders import CONFIG_DIR
from blindspot.evidence.observed import TrackWriter
from blindspot.evidence.observed.track import read_tracks
from blindspot.law import Loaded
from blindspot_sim.in_process.watch_drone import TurnEnd

__all__ = ["crossroads", "watch"]


@pytest.fixture
def witness(tmp_path: Path):
    with closing(TrackWriter(tmp_path / "track.csv")) as track:
        yield Witness(track, lambda _: None)


def test_the_track_holds_every_drone_at_every_moment_and_ctrl_c_ends_the_watch(watch, witness, tmp_path):
    flight = watch()

    def until(now) -> bool:
        if now.now_s >= 320.0 and not witness.interrupts:
            witness.interrupted()
        return witness.until(now)

    flight.run(until)
    witness.until(flight)
    tracks = read_tracks(tmp_path / "track.csv")
    assert {name: track.in_air.any() for name, track in tracks.items()} == {"drone1": True, "drone2": False}
    assert len({len(track.stamp_s) for track in tracks.values()}) == 1
    assert [event.data["state"] for event in witness.events] == ["before", "watched", "ended"]
    assert 320.0 <= witness.ended_s < 321.0
    assert outcome_of(flight, witness) == ("returned", "ended by the operator")
    with pytest.raises(KeyboardInterrupt):
        witness.interrupted()


def test_a_turn_that_failed_in_the_air_is_the_outcome_of_the_watch(watch, witness):
    flight = watch()
    flight.drones["drone1"].turns = [
        TurnEnd(0.0, 300.0, "returned", "relieved", 0.5, flew=True),
        TurnEnd(400.0, 410.0, "failed", "GPS", 1.0, flew=False),
    ]
    assert outcome_of(flight, witness) == ("completed", "")
    flight.drones["drone2"].turns = [TurnEnd(0.0, 300.0, "failed", "the landing took too long", 0.5, flew=True)]
    assert outcome_of(flight, witness) == ("failed", "drone2: the landing took too long")


@pytest.mark.thorough
def test_the_command_watches_the_crossroads_and_counts_its_pictures(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))  # for the process that writes the report
    config, run_dir = shutil.copytree(CONFIG_DIR, tmp_path / "config"), tmp_path / "run"
    mission = config / "missions" / "crossroads_watch.yaml"
    mission.write_text(mission.read_text(encoding="utf-8").replace("T18:00", "T14:30"), encoding="utf-8")
    run_dir.mkdir()
    assert fly_watch(Loaded.of(mission), run_dir, seed=1) == "completed"
    assert {"plan.json", "post-2.json", "track.csv", "events.jsonl", "looks.csv", "report.html"} <= {
        path.name for path in run_dir.iterdir()
    }
    (stage,) = json.loads((run_dir / "summary.json").read_text())["watch"].values()
    assert stage["most_looking"] == 1 and stage["reliefs"] >= 1
    assert stage["longest_gap_s"] <= 5.0 and stage["watched_share"] >= 0.99
