"""A standing stack loses nodes while two missions fly: a mission ends early only for what is lost on its own drone."""

from __future__ import annotations

import json
import signal
import time
from types import SimpleNamespace
from typing import Any

import pytest
from test.system.conftest import BY, completed, flight

pytestmark = pytest.mark.timeout(1200)
FROZEN_S = 6.0
"""Longer than the 3 s after which a silent node is lost."""
WAIT_LIMIT_S = 90.0
"""A guard against a hang."""
SAFE = {"completed", "degraded", "returned", "aborted"}
"""Outcomes of a mission whose drone was brought down by our own nodes."""

ON_BOARD = {
    "flight_control": {"completed", "degraded", "returned"},
    "camera": {"completed", "degraded", "returned"},
    "detector": {"completed", "degraded", "returned"},
    "recorder": {"completed", "degraded"},
}
"""Nodes of drone1, and the outcomes of its mission. A node that is back in time leaves its mission completed."""
KILLED_IN_TOWN = {
    "mission_manager": {"completed"},
    "coverage_planner": {"completed", "degraded"},
    "coverage_monitor": {"completed", "degraded"},
    "authority": {"completed"},
}
FROZEN_IN_TOWN = {
    "mission_manager": {"completed", "returned"},
    "coverage_planner": {"completed", "degraded"},
    "coverage_monitor": {"returned"},
    "authority": {"returned"},
}
"""Town-wide nodes, and the outcomes of both missions."""
PHASES = ("preflight", "takeoff", "en_route", "landing")


class Flights:
    """Both missions in one stack: north with drone1, south with drone2.

    If south is `ahead`, it is cleared first, so that also drone1's pre-flight meets a second mission in flight.
    """

    def __init__(self, stack: Any, town: SimpleNamespace, *, ahead: bool = False) -> None:
        self.stack = stack
        self._flying = {"south": stack.begin(*flight(town, "south"))}
        if ahead:
            stack.wait_for("-south: authorising")
        self._flying["north"] = stack.begin(*flight(town, "north"))
        stack.wait_for("-south: flying")

    def lose(self, node: str, *, frozen: bool = False) -> None:
        """Kill a node and wait for its new process, or freeze it for a while."""
        pid = self.stack.signal(node, signal.SIGSTOP if frozen else signal.SIGKILL)
        if frozen:
            time.sleep(FROZEN_S)
            self.stack.signal(node, signal.SIGCONT)
            return
        deadline_s = time.monotonic() + WAIT_LIMIT_S
        while self.stack.pids[node] == pid:
            assert time.monotonic() < deadline_s, self.stack.printed.read_text()
            time.sleep(0.05)

    def ended(self) -> dict[str, dict[str, Any]]:
        """The summary of each mission."""
        ends = {name: self.stack.ended(flying) for name, flying in self._flying.items()}
        assert all(end.out for end in ends.values()), ends
        summaries = {name: json.loads(end.out) for name, end in ends.items()}
        assert all(summary["violations"] == [] for summary in summaries.values()), ends
        return summaries

    def outcomes(self) -> dict[str, str]:
        return {name: summary["outcome"] for name, summary in self.ended().items()}


def shut_down(stack: Any) -> None:
    """The stack is whole again, its drones are down, its journal verifies."""
    state = json.loads(stack.command("status", "--json").out)
    assert {drone["autopilot"] for drone in state["drones"]} == {"down"}, state
    assert stack.command("down").code == 0
    assert stack.end() == 0 and stack.left_behind() == [] and not stack.says("Traceback")
    assert stack.command("verify", stack.run_dir).code == 0


@pytest.mark.slow
@pytest.mark.thorough
def test_town_wide_nodes_that_are_killed_one_after_the_other_lose_no_mission(up, town, tmp_path):
    """A restart takes wall time: at this speed it is longer than the usual time-out for the ground station."""
    patient = tmp_path / "patient.yaml"
    patient.write_text("/**/flight_control: {ros__parameters: {ground_lost_s: 120.0}}\n")
    stack = up(town.fleet, 8.0, "--params-file", str(patient))
    flights = Flights(stack, town)
    stack.wait_for(": en_route", times=2)
    log = stack.run_dir / "log" / "blindspot.mission_manager.log"
    for node in ("/blindspot/coverage_planner", "/blindspot/coverage_monitor"):
        flights.lose(node)
        stack.wait_until(lambda node=node: f"{node} " in log.read_text())  # the manager has noticed it
    flights.lose("/blindspot/mission_manager")
    for summary in flights.ended().values():
        assert summary["outcome"] in {"completed", "degraded"}, stack.printed.read_text()
        assert "/blindspot/coverage_planner" in summary["reason"], summary["reason"]
        assert "/blindspot/coverage_monitor" in summary["reason"], summary["reason"]
    shut_down(stack)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("frozen", [False, True], ids=["killed", "frozen"])
@pytest.mark.parametrize("node", ON_BOARD)
def test_a_node_of_one_drone_leaves_the_other_drones_mission_alone(up, town, node, frozen, phase):
    stack = up(town.fleet, 2.0)
    flights = Flights(stack, town, ahead=phase == "preflight")
    stack.wait_for(f"drone1: {phase}")
    flights.lose(f"/drone1/{node}", frozen=frozen)
    outcomes = flights.outcomes()
    assert outcomes["south"] == "completed", stack.printed.read_text()
    allowed = ON_BOARD[node] | ({"refused", "aborted", "failed"} if phase == "preflight" else set())
    assert outcomes["north"] in allowed, stack.printed.read_text()
    shut_down(stack)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_node_that_stands_still_for_good_is_killed_and_started_again_and_down_ends(up, town):
    stack = up(town.fleet)
    pid = stack.signal("/blindspot/mission_manager", signal.SIGSTOP)
    stack.wait_for("/blindspot/mission_manager hangs: killed")
    stack.wait_until(lambda: stack.pids["/blindspot/mission_manager"] != pid)
    stack.wait_for("/blindspot/mission_manager is back")
    assert stack.command("down").code == 0 and stack.end() == 0 and stack.left_behind() == []


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("frozen", [False, True], ids=["killed", "frozen"])
@pytest.mark.parametrize("node", KILLED_IN_TOWN)
def test_a_town_wide_node_that_starts_again_in_time_loses_no_mission(up, town, node, frozen, phase):
    stack = up(town.fleet, 1.0)
    flights = Flights(stack, town, ahead=phase == "preflight")
    stack.wait_for(f"drone1: {phase}")
    flights.lose(f"/blindspot/{node}", frozen=frozen)
    allowed = (FROZEN_IN_TOWN if frozen else KILLED_IN_TOWN)[node] | ({"completed"} if phase == "landing" else set())
    outcomes = flights.outcomes()
    assert outcomes["south"] in allowed, stack.printed.read_text()
    if phase == "preflight" and "returned" in allowed:  # a drone on the ground is not called home, but stays there
        allowed |= {"aborted"}
    assert outcomes["north"] in allowed, stack.printed.read_text()
    shut_down(stack)


@pytest.mark.slow
@pytest.mark.thorough
def test_after_the_loss_of_the_whole_ground_station_every_drone_comes_down_and_the_outcome_is_true(up, town):
    stack = up(town.fleet, 1.0)
    flights = Flights(stack, town)
    stack.wait_for(": en_route", times=2)
    pids = {node: stack.signal(f"/blindspot/{node}", signal.SIGKILL) for node in KILLED_IN_TOWN}
    deadline_s = time.monotonic() + WAIT_LIMIT_S
    while any(stack.pids[f"/blindspot/{node}"] == pid for node, pid in pids.items()):
        assert time.monotonic() < deadline_s, stack.printed.read_text()
        time.sleep(0.05)
    assert set(flights.outcomes().values()) <= SAFE, stack.printed.read_text()
    shut_down(stack)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_planner_that_is_killed_at_work_refuses_its_mission_alone_and_plans_again(up, town):
    stack = up(town.fleet)
    south = stack.begin(*flight(town, "south"))
    stack.wait_for("-south: authorising")  # its plan is taken: the planner does one at a time
    unplanned = stack.begin("fly", town.missions / "north.yaml", *BY, "--json")
    log = stack.run_dir / "log" / "blindspot.coverage_planner.log"
    stack.wait_until(lambda: "north.yaml" in log.read_text())
    pid = stack.signal("/blindspot/coverage_planner", signal.SIGKILL)
    end = stack.ended(unplanned)
    assert end.code != 0 and "Traceback" not in end.err, end.err
    completed(stack.ended(south))
    assert stack.pids["/blindspot/coverage_planner"] != pid
    completed(stack.command("fly", town.missions / "north.yaml", *BY, "--json"))
    shut_down(stack)
