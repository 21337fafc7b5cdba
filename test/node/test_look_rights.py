"""The gate passes the right to look from turn to turn: in the leases, one drone at a time, and never by itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from blindspot_msgs.msg import Clearance, DroneStatus
from blindspot_msgs.srv import Authorise, PassLook
from test.node.conftest import order_of

from blindspot.law.clearances import looks
from blindspot.mission.plan_figures import WatchedTarget
from blindspot.nodes.authority import Authority
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import now_s, plan_message, stamp

CONFIG = Path(__file__).resolve().parents[2] / "config"
FENCES = {"drone1": (10.0, 79.0), "drone2": (-79.0, -10.0)}
WATCH = WatchedTarget(target="stage", target_m2=100.0, seen_m2=99.0)


@pytest.fixture
def mission_file(tmp_path) -> Path:
    """The watch of the crossroads, with one camera at a time, in a folder of the test's own."""
    shutil.copytree(CONFIG, tmp_path / "config", ignore=shutil.ignore_patterns("nantes*", "models"))
    return tmp_path / "config" / "missions" / "crossroads_watch.yaml"


@pytest.fixture
def watch(graph, mission_file, sound_plan, tmp_path, monkeypatch):
    """A gate with two turns of a watch, whose drones report as their leases let them look."""
    monkeypatch.setattr(looks, "EXPIRED_AFTER_S", 1.0)  # here nobody has a lease of an earlier gate
    return Watch(graph, mission_file, sound_plan, tmp_path / "run", monkeypatch)


class Watch:
    def __init__(self, graph, mission_file, sound_plan, run_dir, monkeypatch):
        self.graph, self.file, self.plan, self.run_dir, self.patch = (
            graph,
            mission_file,
            sound_plan,
            run_dir,
            monkeypatch,
        )
        self.may_look = dict.fromkeys(FENCES, False)
        self.most, self.leases = 0, dict.fromkeys(FENCES, 0)
        self.says = {name: graph.peer.create_publisher(DroneStatus, f"/{name}/drone_status", qos.LATCHED)
                     for name in FENCES}  # fmt: skip
        for name in FENCES:
            graph.peer.create_subscription(Clearance, f"/{name}/clearance", self.heard, qos.LEASE)
        self.start()

    def start(self):
        self.gate = self.graph.start(Authority, fleet=str(self.file), simulated=True, run_dir=str(self.run_dir),
                                     lease_key=str(self.graph.leasing.private))  # fmt: skip
        self.patch.setattr(self.gate.checker, "ask", lambda question: question.answer(""))
        for route in self.plan.routes:
            south_m, north_m = FENCES[route.drone]
            fence = ((-79.0, south_m), (79.0, south_m), (79.0, north_m), (-79.0, north_m))
            route = route.model_copy(update={"failsafe": route.failsafe.model_copy(update={"fence": fence})})
            turn = self.plan.model_copy(update={"routes": (route,), "watch": WATCH})
            request = Authorise.Request(mission=order_of(self.file), plan=plan_message(turn), requester="manager")
            answer = self.graph.ask(Authorise, "authorise", request)
            assert answer.granted, answer.verdicts

    def heard(self, lease):
        assert lease.granted
        self.leases[lease.drone] += 1
        self.may_look[lease.drone] = lease.may_look
        self.most = max(self.most, sum(self.may_look.values()))

    def report(self):
        time_s = now_s(self.graph.peer)
        for name, publisher in self.says.items():
            status = DroneStatus(drone=name, phase="en_route", sensor_inhibited=not self.may_look[name])
            status.header.stamp = stamp(time_s)
            publisher.publish(status)

    def pass_look(self, to, from_="", requester="manager"):
        request = PassLook.Request(requester=requester, to_drone=to, from_drone=from_)
        answer = self.graph.ask(PassLook, "pass_look", request, self.report)
        assert answer.accepted == (not answer.message)
        return answer.message

    def wait_for(self, drone):
        self.graph.spin_until(lambda: self.may_look[drone], self.report)
        assert [name for name, may in self.may_look.items() if may] == [drone]

    def entries(self):
        found = (json.loads(line) for line in (self.run_dir / "journal.jsonl").read_text().splitlines())
        facts = [entry["facts"] for entry in found if entry["act"] == "look"]
        return [(each["drone"], each["may_look"], each["looking"], each["most"]) for each in facts]


def test_the_right_goes_from_turn_to_turn_however_often_and_late_it_is_asked_for(watch):
    watch.graph.spin_until(lambda: all(watch.leases.values()), watch.report)
    assert not any(watch.may_look.values()), "a turn begins without the right"
    assert watch.pass_look("drone1", requester="thief") == "another process asked for the clearance of drone1"
    assert watch.pass_look("drone1") == ""
    watch.wait_for("drone1")
    assert [watch.pass_look("drone2", "drone1") for _ in range(2)] == ["", ""], "doubled"
    watch.wait_for("drone2")
    assert watch.pass_look("drone1", "drone2") == ""
    watch.wait_for("drone1")
    assert watch.pass_look("drone2", "") == (
        "drone1 would look beside drone2: the authorisation permits 1 at the same time"
    ), "late"
    assert watch.most == 1
    assert watch.entries() == [
        ("drone1", True, ["drone1"], 1), ("drone1", False, [], 1), ("drone2", True, ["drone2"], 1),
        ("drone2", False, [], 1), ("drone1", True, ["drone1"], 1),
    ]  # fmt: skip


def test_after_a_restart_of_the_gate_in_a_hand_over_nobody_looks_until_asked_for_again(watch):
    watch.pass_look("drone1")
    watch.wait_for("drone1")
    assert watch.pass_look("drone2", "drone1") == ""
    watch.graph.end(watch.gate)
    watch.leases = dict.fromkeys(FENCES, 0)
    watch.start()
    watch.graph.spin_until(lambda: min(watch.leases.values()) >= 2, watch.report)
    assert not any(watch.may_look.values())
    assert watch.pass_look("drone2", "drone1") == ""
    watch.wait_for("drone2")
    assert watch.most == 1
