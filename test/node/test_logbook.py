"""The node that writes the record of every run; the test plays the mission manager, the gate and the drone."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from blindspot_msgs.msg import Clearance, DroneStatus, FleetStatus, Heartbeat, MissionStatus, RunConcluded
from test.node.conftest import Leasing, order_of

from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.observed.event_log import read_events
from blindspot.evidence.observed.track import read_tracks
from blindspot.law.leases.lease_key import make_lease_key
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import now_s
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.nodes.logbook import Logbook
from blindspot.nodes.runs import conclusions, one_run

WATCHED = ("/blindspot/mission_manager",)
FAKE = """
import json, pathlib, sys
record = json.loads(pathlib.Path(sys.argv[1]).read_text())
folder = pathlib.Path(record["folder"])
(folder / "summary.json").write_text(json.dumps(record))
(folder / "report.html").touch()
print(record["facts"]["outcome"])
"""
"""In the place of a conclusion, which takes seconds: it only keeps the record that it gets."""


class Flight:
    """A stack with one mission, and its logbook."""

    def __init__(self, graph, mission_path, stack_dir, plan) -> None:
        self.graph, self.stack_dir, self._plan = graph, stack_dir, plan
        self._mission_path = mission_path
        self.folder = stack_dir / "evening-1"
        self.folder.mkdir(parents=True)
        (self.folder / "plan.json").write_text(plan.to_json())
        self.journal = Journal(stack_dir / "journal.jsonl", "mission_manager")
        peer = graph.peer
        self._fleet = peer.create_publisher(FleetStatus, "fleet_status", qos.LATCHED)
        self._beats = peer.create_publisher(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)
        self._drone = peer.create_publisher(DroneStatus, "/drone1/drone_status", qos.STATE)
        self._leases = peer.create_publisher(Clearance, "/drone1/clearance", qos.LEASE)
        self.concluded = graph.hear(RunConcluded, "run_concluded", qos.STATE)
        self.phase, self.flies, self.key = "flying", "en_route", graph.leasing
        self.node = self.start()

    def start(self):
        return self.graph.start(
            Logbook, run_dir=str(self.stack_dir), fleet=str(self._mission_path), lease_key=self.graph.leasing.key,
            simulated=True, watched_nodes=list(WATCHED),
        )  # fmt: skip

    def order(self) -> None:
        asked = order_of(self._mission_path, run="evening-1")
        self.journal.write(
            "mission", run=asked.run, mission=asked.file, sha256=asked.sha256, plan=self._plan.sha256,
            person=asked.person, reason=asked.reason, signature="", plans=[],
        )  # fmt: skip

    def publish(self) -> None:
        """A turn of the stack."""
        for node in WATCHED:
            self._beats.publish(Heartbeat(node=node))
        drone = DroneStatus(drone="drone1", run="evening-1", phase=self.flies, battery_fraction=0.9)
        drone.autopilot = "down" if self.flies == "landed" else "up"
        drone.header.stamp = self.graph.peer.get_clock().now().to_msg()
        self._drone.publish(drone)
        mission = MissionStatus(run="evening-1", phase=self.phase, plan=self._plan.id, drones=["drone1"])
        self._fleet.publish(FleetStatus(missions=[mission]))
        self._leases.publish(self.key.lease("drone1", self._plan.sha256, now_s(self.graph.peer) + 3.0))

    def until(self, fact) -> None:
        self.graph.spin_until(fact, self.publish)

    def lands(self) -> None:
        self.flies, self.phase = "landed", "done"
        self.journal.write("mission_ended", run="evening-1", outcome="completed", reason="")

    def record(self):
        """The record as the conclusion got it."""
        self.until(lambda: self.concluded)
        return json.loads((self.folder / "summary.json").read_text())

    def events(self, kind: str) -> list[str]:
        return [event.text for event in read_events(self.folder / "events.jsonl") or () if event.kind == kind]


@pytest.fixture
def flight(graph, mission_path, tmp_path, plan, monkeypatch):
    monkeypatch.setattr(conclusions, "command_of", lambda file: [sys.executable, "-c", FAKE, str(file)])
    monkeypatch.setattr(one_run, "SAVED_WITHIN_S", 0.1)
    monkeypatch.setattr(one_run, "HEARD_WITHIN_S", 0.5)
    return Flight(graph, mission_path, tmp_path / "stack", plan)


def test_a_run_is_recorded_from_its_order_in_the_journal_to_its_conclusion(flight, plan):
    flight.order()
    flight.until(lambda: flight.events("lease"))
    flight.lands()
    record = flight.record()
    (message,) = flight.concluded
    assert (message.run, message.outcome) == ("evening-1", "completed")
    assert message.file == str(flight.folder / "report.html")
    facts = record["facts"]
    assert (facts["outcome"], facts["flown_plans"], facts["cleared_plans"]) == ("completed", [plan.id], [plan.sha256])
    assert facts["extra"]["order"] == {"run": "evening-1", "person": "A. Tester", "reason": "a test"}
    assert record["simulated"] and "unheard" not in facts["extra"]
    assert flight.events("lease")[-1] == "drone1: no lease any more, no longer renewed"
    track = read_tracks(flight.folder / "track.csv")
    assert track.keys() == {"drone1"} and set(track["drone1"].mode) == {"en_route", "landed"}


def test_a_logbook_that_was_killed_goes_on_and_names_its_gap(flight, plan, monkeypatch):
    flight.order()
    flight.until(lambda: flight.events("lease"))
    monkeypatch.setattr(Logbook, "destroy_node", lambda node: super(Logbook, node).destroy_node())
    flight.graph.end(flight.node)  # as by SIGKILL: its open records are not concluded
    monkeypatch.undo()
    monkeypatch.setattr(conclusions, "command_of", lambda file: [sys.executable, "-c", FAKE, str(file)])
    flight.journal.write("clearance", run="evening-1", granted=True, plan=plan.sha256)
    flight.node = flight.start()
    flight.until(lambda: flight.events("gap"))
    flight.lands()
    facts = flight.record()["facts"]
    ((begin_s, end_s),) = facts["extra"]["unheard"]
    assert begin_s <= end_s and "the logbook did not run" in facts["extra"]["chain"][0]
    assert (facts["outcome"], facts["flown_plans"]) == ("completed", [plan.id])


def test_no_message_opens_a_record_and_no_other_key_clears_a_plan(flight, tmp_path):
    """A forged status started a process for each old run, which wrote into old evidence."""
    strange = tmp_path / "strange.key"
    make_lease_key(strange)
    flight.key = Leasing(strange)
    turns = []
    flight.until(lambda: turns.append(1) or len(turns) > 20)
    assert flight.node.runs == {} and not (flight.folder / "events.jsonl").exists()
    flight.order()
    flight.until(lambda: any("is not recorded" in text for text in flight.events("warning")))
    flight.lands()
    assert flight.record()["facts"]["cleared_plans"] == []
    assert flight.events("lease") == []


def test_a_stack_that_ends_in_flight_leaves_a_drone_unaccounted(flight):
    flight.order()
    flight.until(lambda: flight.events("lease"))
    flight.graph.end(flight.node)
    facts = json.loads((flight.folder / "summary.json").read_text())["facts"]
    assert (facts["outcome"], facts["extra"]["unaccounted"]) == ("unaccounted", ["drone1"])


def test_a_record_that_cannot_be_judged_names_the_reason_in_its_folder(flight, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(one_run, "SAVED_WITHIN_S", 0.1)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "src"))
    flight.order()
    flight.until(lambda: flight.node.runs)
    flight.lands()
    flight.until(lambda: flight.concluded)  # without ground.npz
    (message,) = flight.concluded
    assert (message.outcome, message.file) == ("failed", str(flight.folder / "conclusion.log"))
    assert "ground.npz" in (flight.folder / "conclusion.log").read_text()
