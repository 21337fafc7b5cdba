"""A mission whose sorties fly by themselves, with every node as a real process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from blindspot.evidence.observed.picture_poses import read_whole
from blindspot.evidence.observed.track import read_tracks
from blindspot.mission.plan import load_plan
from blindspot.mission.plan_figures import Sortie

SWAP_S = 20.0


@pytest.fixture(scope="module")
def relay(patrol: Path, planned: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The short mission with a battery swap, and the options that fly its plan twice: two sorties over one way."""
    text = patrol.read_text().replace("pad: north}", "pad: north, swaps: 1}")
    mission = patrol.with_name("relay.yaml")
    mission.write_text(f"{text}\nswap_s: {SWAP_S}\nrecord: true\n")
    plan, folder = load_plan(Path(planned[1])), tmp_path_factory.mktemp("relay")
    flown_s = plan.routes[0].expected.flight_time_s
    for number, name in enumerate(("plan.json", "sortie-2.json")):
        begins_s = number * (flown_s + SWAP_S)
        sortie = Sortie(number=number + 1, of=2, begins_s=begins_s, flown_s=number * flown_s)
        part = plan.model_copy(update={"id": f"relay-{number + 1}", "mission": str(mission), "sortie": sortie})
        (folder / name).write_text(part.to_json())
    return mission, "--plan", str(folder / "plan.json")


@pytest.mark.slow
@pytest.mark.thorough  # the nodes' tests fly sorties too
def test_the_second_sortie_flies_by_itself_with_a_fresh_pack_and_all_is_one_run(sim, relay):
    mission, *options = relay
    run = sim(mission, *options, "--speed", "30")
    assert run.end() == 0, run.printed.read_text()
    for words in ("flying: sortie 1 of 2", "swapping: sortie 2 of 2", "flying: sortie 2 of 2"):
        assert run.says(words), run.printed.read_text()
    assert not run.says("the next is flown with")

    summary = run.summary
    assert (summary["outcome"], summary["reason"], summary["violations"]) == ("completed", "", [])
    assert (summary["sorties"]["flown"], summary["sorties"]["of"]) == (2, 2)
    assert [plan["id"] for plan in summary["sorties"]["plans"]] == ["relay-1", "relay-2"]
    page = (run.run_dir / "report.html").read_text()
    assert "2 of 2 sorties were flown" in page and "Ordered by" in page

    # One track and one file of poses hold both flights, and the second one began with a full battery.
    track = read_tracks(run.run_dir / "track.csv")["drone1"]
    takeoffs = np.flatnonzero(np.diff(track.in_air.astype(int)) == 1)
    landings = np.flatnonzero(np.diff(track.in_air.astype(int)) == -1)
    assert len(takeoffs) == len(landings) == 2
    assert track.battery_fraction[landings[0]] < track.battery_fraction[takeoffs[1]] > 0.98
    stood_s = track.stamp_s[takeoffs[1]] - track.stamp_s[landings[0]]
    assert stood_s >= SWAP_S
    poses = [pose.stamp_s for pose in read_whole(run.run_dir / "looks.csv")[0]]
    assert min(poses) < track.stamp_s[landings[0]] and max(poses) > track.stamp_s[takeoffs[1]]
    assert [file.name for file in sorted(run.run_dir.glob("recording/*.mcap"))] == ["drone1-1.mcap", "drone1-2.mcap"]

    # The gate judged each sortie, and the person who ordered the run is in the journal for each.
    entries = [json.loads(line) for line in (run.run_dir / "journal.jsonl").read_text().splitlines()]
    plans = [plan["sha256"] for plan in summary["sorties"]["plans"]]
    for act in ("mission", "clearance", "arming"):
        assert [entry["facts"]["plan"] for entry in entries if entry["act"] == act] == plans, act
    assert run.left_behind() == []
