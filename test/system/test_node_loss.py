"""Any one node is killed during the flight: the run ends in a safe outcome that names it, and ends all processes."""

from __future__ import annotations

import re
import signal
import time

import pytest

from blindspot.stack.supervisor import RESTARTED_WITHIN_S, RESTARTS

WAIT_LIMIT_S = 60.0
"""A guard against a hang."""

CONTROL = "/drone1/flight_control"
NEEDED = (
    pytest.param("/drone1/camera", marks=pytest.mark.thorough),
    pytest.param("/drone1/detector", marks=pytest.mark.thorough),
    pytest.param("/blindspot/authority", marks=pytest.mark.thorough),  # attacks/test_forged_leases.py kills it too
    pytest.param("/blindspot/coverage_monitor", marks=pytest.mark.thorough),
    pytest.param("/blindspot/mission_manager", marks=pytest.mark.thorough),
)


def kill_in_flight(run, node: str) -> int:
    """Kill a node as soon as the drone has left the pad. Returns the run's exit code."""
    run.wait_for("drone1: takeoff")
    run.signal(node, signal.SIGKILL)
    code = run.end()
    assert not run.says("Traceback"), run.printed.read_text()
    assert run.left_behind() == []
    return code


def restarts_s(run, node: str) -> list[float]:
    """Downtime of a node at each restart, by the supervisor's clock."""
    restarted = rf"{node} was killed by SIGKILL.*? and was started again within ([0-9.]+) s"
    return [float(away_s) for away_s in re.findall(restarted, run.said)]


def is_down(run) -> bool:
    """True if the last line of the true track shows the drone disarmed on the ground."""
    *_, last = (run.run_dir / "track.csv").read_text().splitlines()
    header = (run.run_dir / "track.csv").read_text().splitlines()[0].split(",")
    row = dict(zip(header, last.split(","), strict=True))
    return row["armed"] == "0" and row["in_air"] == "0"


@pytest.mark.slow
@pytest.mark.parametrize("node", NEEDED)
def test_without_a_node_that_is_needed_the_drone_comes_home(sim, patrol, planned, node):
    run = sim(patrol, *planned, "--speed", "30")
    assert kill_in_flight(run, node) == 1, run.printed.read_text()
    assert run.summary["outcome"] == "returned"
    assert node in run.said and "SIGKILL" in run.said
    assert run.summary["violations"] == []
    assert is_down(run)


def killed(run, node: str) -> None:
    """Kill a node that the supervisor restarts, and wait for its new process."""
    pid = run.signal(node, signal.SIGKILL)
    deadline_s = time.monotonic() + WAIT_LIMIT_S
    while run.pids[node] == pid:
        assert run.process.poll() is None and time.monotonic() < deadline_s, run.printed.read_text()
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.thorough  # attacks/test_killed_pairs.py kills it together with the mission manager
def test_a_flight_control_that_dies_is_started_again_and_takes_its_flight_over(sim, patrol, planned):
    run = sim(patrol, *planned, "--speed", "4")
    run.wait_for("drone1: en_route")
    killed(run, CONTROL)
    run.wait_for("drone1: en_route (flight_control was lost and started again)")
    assert run.end() == 0, run.printed.read_text()
    assert run.summary["outcome"] == "completed" and run.summary["violations"] == []
    (away_s,) = restarts_s(run, CONTROL)
    assert away_s <= RESTARTED_WITHIN_S
    assert is_down(run) and run.left_behind() == [] and not run.says("Traceback")


@pytest.mark.slow
@pytest.mark.thorough
def test_a_flight_control_that_keeps_dying_is_given_up_and_the_ground_station_brings_the_drone_home(
    sim, patrol, planned
):  # fmt: skip
    run = sim(patrol, *planned, "--speed", "2")
    run.wait_for("drone1: takeoff")
    for _ in range(RESTARTS):
        killed(run, CONTROL)
    run.signal(CONTROL, signal.SIGKILL)
    assert run.end() == 1, run.printed.read_text()
    assert run.summary["outcome"] == "returned" and run.summary["violations"] == []
    assert "the ground station commands the return" in run.said
    assert len(restarts_s(run, CONTROL)) == RESTARTS and max(restarts_s(run, CONTROL)) <= RESTARTED_WITHIN_S
    assert is_down(run) and run.left_behind() == [] and not run.says("Traceback")


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("node", ["/blindspot/coverage_planner", "/drone1/recorder"])
def test_without_the_planner_or_a_recorder_the_mission_goes_on_and_reports_it(sim, recorded, planned, node):
    run = sim(recorded, *planned, "--speed", "30")
    assert kill_in_flight(run, node) == 7, run.printed.read_text()
    assert run.summary["outcome"] == "degraded" and run.summary["lost_nodes"] == [node]
    assert node in run.said
    assert is_down(run)


@pytest.mark.slow
@pytest.mark.thorough
def test_without_the_simulator_a_drone_in_the_air_is_not_accounted_for(sim, patrol, planned):
    run = sim(patrol, *planned, "--speed", "30")
    assert kill_in_flight(run, "/simulator") == 6, run.printed.read_text()
    assert run.summary["outcome"] == "unaccounted" and run.summary["unaccounted"] == ["drone1"]
    assert "/simulator" in run.said and "drone1 is not accounted for" in run.said


@pytest.mark.slow
def test_a_planner_killed_at_work_ends_the_run_and_takes_its_work_with_it(sim, patrol):
    run = sim(patrol)
    run.wait_for("planning")
    run.signal("/blindspot/coverage_planner", signal.SIGKILL)
    assert run.end() == 2, run.printed.read_text()
    assert run.says("/blindspot/coverage_planner was killed by SIGKILL")
    assert run.left_behind() == []


@pytest.mark.slow
def test_a_supervisor_killed_leaves_nothing_behind(sim, patrol):
    run = sim(patrol)
    run.wait_for("planning")
    run.process.kill()
    run.end()
    assert run.left_behind() == []
