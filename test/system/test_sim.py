"""`blindspot sim` with every node as a real process: it completes, it can be stopped, it refuses in one sentence."""

from __future__ import annotations

import hashlib

import pytest
from mcap.reader import make_reader

from blindspot.evidence.observed.event_log import read_events


@pytest.mark.slow
def test_a_mission_completes_and_leaves_its_evidence_and_nothing_else(sim, patrol):
    run = sim(patrol.with_name("crossroads.yaml"), "--speed", "10")
    assert run.end() == 0, run.printed.read_text()
    summary = run.summary
    assert (summary["outcome"], summary["reason"], summary["violations"]) == ("completed", "", [])
    coverage = summary["coverage"]
    assert coverage["seen_blind_fraction"] >= 0.97 and coverage["planned_blind_fraction"] >= 0.98
    assert 0 < coverage["fixed_fraction"] < 1 and coverage["blind_area_m2"] > 1000
    assert [drone["name"] for drone in summary["drones"]] == ["drone1", "drone2"]
    for drone in summary["drones"]:
        assert drone["flight_time_s"] > 30 and drone["distance_m"] > 50
        assert drone["max_route_deviation_m"] < 3
        assert drone["min_building_clearance_m"] >= 5
        assert 0.3 < drone["battery_left_fraction"] < 1
    assert summary["min_separation_m"] >= 15
    assert {"detections", "wall_time_s", "speed_factor"} <= summary.keys()
    for name in ("plan.json", "report.html", "track.csv", "seen.npz", "looks.csv", "events.jsonl"):
        assert (run.run_dir / name).stat().st_size > 0, name
    for log in (run.run_dir / "log").iterdir():
        assert log.stat().st_size > 0, f"{log.name}: a node says what it does"
    assert {limit["limit"]: limit["state"] for limit in summary["limits"] if limit["state"] != "kept"} in (
        {}, {"lease of the law": "not observed"},  # a machine that stalls misses some renewals
    )  # fmt: skip
    events = {(event.source, event.text) for event in read_events(run.run_dir / "events.jsonl")}
    assert {("drone1.flight_control", "takeoff"), ("blindspot.mission_manager", "done: completed")} <= events
    assert "22.7" in (run.run_dir / "report.html").read_text(), "what masking misses at this density, with this model"
    assert set(run.pids) >= {"/simulator", "/drone1/flight_control", "/drone2/camera", "/blindspot/authority"}
    assert run.left_behind() == []


@pytest.mark.slow
@pytest.mark.thorough  # test_operate_commands.py has Ctrl-C, and test_standing_stack.py a sealed recording
def test_ctrl_c_brings_the_drone_home_and_its_recording_is_sealed(sim, recorded, planned):
    run = sim(recorded, *planned, "--speed", "30")
    run.wait_for("drone1: en_route")
    run.interrupt()
    assert run.end() == 1, run.printed.read_text()
    assert run.summary["outcome"] == "returned" and "operator" in run.summary["reason"]
    assert run.summary["violations"] == []
    assert run.left_behind() == []
    recording = run.run_dir / "recording" / "drone1-1.mcap"
    sealed = f"{hashlib.sha256(recording.read_bytes()).hexdigest()}  {recording.name}\n"
    assert recording.with_name(f"{recording.name}.sha256").read_text() == sealed
    with recording.open("rb") as file:
        topics = {channel.topic for _, channel, _ in make_reader(file).iter_messages()}
    assert topics >= {"/drone1/drone_status", "/drone1/clearance"}  # pictures are taken later on the way


@pytest.mark.slow
@pytest.mark.thorough
def test_a_second_ctrl_c_stops_at_once(sim, patrol, planned):
    run = sim(patrol, *planned, "--speed", "5")
    run.wait_for("drone1: takeoff")
    run.interrupt()
    run.wait_for("drone1: return")
    run.interrupt()
    assert run.end() == 130, run.printed.read_text()
    assert run.says("stopped") and not run.says("Traceback")
    assert run.left_behind() == []


@pytest.mark.slow
@pytest.mark.thorough  # cli/test_main.py interrupts each moment, and test_node_loss.py kills a run at the same moment
def test_ctrl_c_before_anything_flies_stops_at_once(sim, patrol):
    run = sim(patrol)
    run.wait_for("planning")
    run.interrupt()
    assert run.end() == 130, run.printed.read_text()
    assert run.says("stopped") and not run.says("Traceback")
    assert run.left_behind() == []


def refused(run) -> str:
    """The text of a refusal's single line."""
    assert run.end() == 2, run.printed.read_text()
    (line,) = run.printed.read_text().splitlines()
    assert line.startswith("blindspot: ")
    return line


def test_a_missing_mission_is_refused_and_makes_no_folder(sim, tmp_path):
    run = sim(tmp_path / "nowhere.yaml")
    assert "nowhere.yaml" in refused(run)
    assert not run.out.exists()


def test_a_mission_that_is_no_yaml_is_refused(sim, tmp_path):
    mission = tmp_path / "broken.yaml"
    mission.write_text("fleet: [drone1, {")
    assert "broken.yaml" in refused(sim(mission))


def test_an_unknown_key_of_a_mission_is_refused_by_name(sim, patrol):
    mission = patrol.with_name("typo.yaml")
    mission.write_text(patrol.read_text() + "colour: red\n")
    assert "colour" in refused(sim(mission))


def test_a_folder_that_cannot_be_made_is_refused(sim, patrol, tmp_path):
    (tmp_path / "runs0").write_text("a file is in the way")
    assert "--out" in refused(sim(patrol))


@pytest.mark.thorough  # test_operator.py has the planner's words, and the tests above the single line
def test_a_mission_that_cannot_be_planned_is_refused_in_the_planners_words(sim, patrol):
    mission = patrol.with_name("steep.yaml")
    mission.write_text(patrol.read_text().replace("max_px_per_m: 60.0", "max_px_per_m: 25.5"))
    run = sim(mission)
    assert run.end() == 2, run.printed.read_text()
    last = run.printed.read_text().strip().splitlines()[-1]
    assert last.startswith("blindspot: ") and last.count("blindspot: ") == 1
    assert run.left_behind() == []
