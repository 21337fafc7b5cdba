"""The commands for a standing stack, against a graph that the test plays: what they send, print and return."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from blindspot_msgs.msg import MissionStatus
from blindspot_msgs.srv import PlanCoverage
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from test.node.operate.conftest import NODES, WORDS, run

from blindspot.cli.operate import orders as orders_module
from blindspot.cli.sessions import the_stack
from blindspot.cli.sessions.the_stack import NoStackError
from blindspot.core.errors import BlindspotError, InputError, PlanningError, RefusedError
from blindspot.law.orders.signed_order import OrderVerifier, key_text
from blindspot.law.signatures.signing import new_key
from blindspot.mission.fleet_file import FleetOperator, load_fleet
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.orders.signed_orders import mission_ordered, ordered
from blindspot.stack import stack_record


def test_a_stack_that_is_found_by_discovery_servers_alone_is_named(domain, monkeypatch):
    monkeypatch.setattr(the_stack, "HEARD_WITHIN_S", 0.1)
    with pytest.raises(NoStackError, match="one with a peer is heard only after export ROS_DISCOVERY_SERVER"):
        run("hold", *WORDS)


@pytest.mark.parametrize("words", [("status",), ("hold", *WORDS), ("fly", "MISSION", *WORDS)])
def test_without_a_stack_one_sentence_names_up(domain, words, monkeypatch, mission_path):
    monkeypatch.setattr(the_stack, "HEARD_WITHIN_S", 0.3)
    words = [str(mission_path) if word == "MISSION" else word for word in words]
    with pytest.raises(
        NoStackError, match=rf"no stack is heard on ROS_DOMAIN_ID {domain}: start one with blindspot up"
    ):
        run(*words)


def test_a_ready_stack_is_shown_with_its_drones_and_missions(stack, tmp_path):
    stack.missions.append(MissionStatus(run="evening", mission="Crossroads", phase="flying", person="A. Martin"))
    done = run("status", "--json")
    state = json.loads(done.stdout)
    assert done.exit_code == 0 and state["ready"] and state["simulated"] and state["mode"] is None
    assert state.keys() == {
        "ready", "mode", "simulated", "fleet", "stack_dir", "missions", "drones", "lost_nodes", "notices",
    }  # fmt: skip
    assert state["notices"] == []
    assert state["stack_dir"] == str(tmp_path) and state["lost_nodes"] == []
    assert (state["missions"][0]["run"], state["missions"][0]["person"]) == ("evening", "A. Martin")
    drone = state["drones"][0]
    assert (drone["drone"], drone["phase"], drone["battery_fraction"]) == ("drone1", "en_route", 0.8)
    assert drone["route_fraction"] is None
    shown = run("status").stdout
    assert shown.startswith("ready: SIMULATED stack of ") and "drone1" in shown and "80 %" in shown


def test_missions_that_a_restart_could_not_read_are_named_until_a_person_has_moved_their_file(stack, tmp_path):
    (file := tmp_path / "missions.json.unreadable-20260301T200507.000000Z").write_text("{")
    done = run("status", "--json")
    [notice] = json.loads(done.stdout)["notices"]
    assert done.exit_code == 0 and file.name in notice and "does not continue them" in notice
    assert notice in " ".join(run("status").stdout.split())
    file.unlink()
    assert "unreadable" not in run("status").stdout


def test_a_stack_with_a_lost_node_is_not_ready(stack, monkeypatch):
    monkeypatch.setattr(the_stack, "READY_WITHIN_S", 1.0)
    stack.lost.append("/drone2/camera")
    done = run("status")
    assert done.exit_code == 1 and done.stdout.startswith("not ready (/drone2/camera)")


def test_a_stack_without_its_scheduler_is_not_ready_although_no_flight_needs_it(stack, monkeypatch, tmp_path):
    monkeypatch.setattr(the_stack, "READY_WITHIN_S", 1.0)
    known = SimpleNamespace(is_running=True, mode="embedded", watched=("/blindspot/manager", "/blindspot/scheduler"))
    monkeypatch.setattr(stack_record, "read_stack_record", lambda _: known)
    done = run("status")
    assert done.exit_code == 1 and done.stdout.startswith("not ready (/blindspot/scheduler)")


@pytest.mark.parametrize(
    ("words", "order", "phase"),
    [
        (("hold",), "hold", "hold"),
        (("return", "drone1"), "return_home", "return"),
        (("abort", "drone1"), "abort", "landing"),
        (("jump", "drone1", "3"), "jump", "hold"),
    ],
)
def test_an_order_is_sent_in_a_persons_name_and_confirmed_by_the_drone(stack, words, order, phase):
    done = run(*words, *WORDS)
    assert done.exit_code == 0 and f"drone1 ({phase})" in done.stdout and "A. Martin" in done.stdout
    (sent,) = stack.orders
    assert (sent.order, sent.person, sent.reason) == (order, "A. Martin", "a test")
    assert sent.step == (3 if order == "jump" else 0)


@pytest.mark.timeout(60)
def test_an_order_waits_for_the_state_of_no_other_drone(stack, monkeypatch):
    stack.reasons["drone3"], stack.phases["drone3"] = "", "idle"  # the manager names it, and it publishes nothing
    for limit in ("HEARD_WITHIN_S", "KNOWN_HEARD_WITHIN_S"):
        monkeypatch.setattr(the_stack, limit, 1e9)
    held = run("hold", *WORDS)
    assert held.exit_code == 0 and "drone1 (hold)" in held.stdout


def test_an_order_that_is_refused_or_not_shown_says_so(stack, monkeypatch):
    stack.refusal = "A. Martin is no operator of this fleet"
    done = run("resume", *WORDS, "--json")
    assert done.exit_code == 3 and json.loads(done.stdout)["message"] == stack.refusal
    stack.refusal, stack.obeys = "", False
    monkeypatch.setattr(orders_module, "SHOWN_WITHIN_WALL_S", 0.5)
    done = run("hold", *WORDS)
    assert done.exit_code == 4 and "not confirmed: drone1 (en_route" in done.stderr


def test_the_drones_that_take_an_order_are_waited_for_although_another_one_refuses_it(stack):
    stack.phases, stack.refusal = {"drone1": "hold", "drone2": "en_route"}, "resume is sent to drone2; drone1: it lands"
    done = run("resume", *WORDS, "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["success"], said["confirmed"], said["message"]) == (4, False, False, stack.refusal)
    assert {name: state["confirmed"] for name, state in said["drones"].items()} == {"drone1": False, "drone2": True}


@pytest.mark.parametrize("word", ["hold", "resume", "return", "abort"])
def test_an_order_without_a_person_or_a_reason_is_refused_before_it_is_sent(word):
    with pytest.raises(InputError, match=r"^--person: is missing; name the person who orders it"):
        run(word, "--person", " ", "--reason", "a test")
    with pytest.raises(InputError, match="--reason: is missing"):
        run(word, "--person", "A. Martin")


def test_an_unknown_drone_is_named(stack):
    with pytest.raises(InputError, match="drone9: is no drone of this fleet; it has drone1, drone2"):
        run("hold", "drone9", *WORDS)
    assert stack.orders == []


def test_a_mission_is_planned_flown_and_its_summary_printed(stack, mission_path, plan, tmp_path):
    stack.plan = PlanCoverage.Response(success=True, plan=plan_message(plan))
    done = run("fly", mission_path, *WORDS, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == {"outcome": "completed", "violations": []}
    (goal,), (asked,) = stack.goals, stack.plans
    assert goal.mission.run.endswith("-crossroads") and (tmp_path / goal.mission.run).is_dir()
    assert (goal.mission.person, goal.mission.reason, asked.run) == ("A. Martin", "a test", goal.mission.run)
    assert (asked.mission_file, asked.plan_file) == (str(mission_path), "")
    assert goal.mission.file == "crossroads.yaml" and goal.plan.sha256 == plan.sha256
    wrote = {file.name for file in (tmp_path / goal.mission.run).iterdir()}
    assert wrote == {"events.jsonl", "summary.json", "report.html"}, "the logbook alone writes the record"


def test_a_mission_that_is_refused_has_the_exit_code_of_sim(stack, mission_path, plan):
    stack.plan = PlanCoverage.Response(success=True, plan=plan_message(plan))
    stack.outcome, stack.phases["drone1"] = ("refused", "the gate says no"), "idle"
    assert run("fly", mission_path, *WORDS).exit_code == 3


def test_a_mission_that_the_manager_refuses_at_once_began_no_run(stack, mission_path, plan, monkeypatch):
    monkeypatch.setattr("blindspot.cli.sessions.run_session.BEGUN_WITHIN_S", 0.1)
    stack.plan = PlanCoverage.Response(success=True, plan=plan_message(plan))
    stack.outcome, stack.records = ("refused", "drone1 flies mission Morning (run morning)"), False
    done = run("fly", mission_path, *WORDS, "--json")
    assert done.exit_code == 3 and json.loads(done.stdout) == {"outcome": "refused"}
    assert "drone1 flies mission Morning" in done.stderr


@pytest.mark.parametrize("phase", ["flying", "done"])
def test_a_mission_whose_drones_all_fly_is_refused_before_it_is_planned(stack, mission_path, phase):
    stack.missions.append(MissionStatus(run="evening", mission="Roofs", phase=phase, drones=["drone1", "drone2"]))
    why, plans = ("drone1 flies mission Roofs", 0) if phase == "flying" else ("no legal view", 1)
    with pytest.raises(BlindspotError, match=why) as refused:
        run("fly", mission_path, *WORDS)
    assert isinstance(refused.value, RefusedError if phase == "flying" else PlanningError)
    assert len(stack.plans) == plans


def test_a_mission_without_a_plan_leaves_no_folder(stack, mission_path, tmp_path):
    with pytest.raises(Exception, match="no legal view"):
        run("fly", mission_path, *WORDS)
    assert list(tmp_path.iterdir()) == []


def test_a_mission_of_a_stack_that_lacks_a_node_of_its_drones_is_not_flown(stack, mission_path, monkeypatch):
    monkeypatch.setattr(the_stack, "READY_WITHIN_S", 1.0)
    stack.lost.append("/drone2/camera")
    with pytest.raises(NoStackError, match=r"not ready \(/drone2/camera\): .* blindspot up FLEET"):
        run("fly", mission_path, *WORDS)


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_calls_the_run_home_and_a_second_one_only_stops_following(stack, mission_path, plan, times):
    stack.plan, stack.outcome = PlanCoverage.Response(success=True, plan=plan_message(plan)), None

    def interrupt() -> None:
        while not stack.missions:
            stopped.wait(0.05)
        os.kill(os.getpid(), signal.SIGINT)
        while not stack.orders:
            stopped.wait(0.05)
        if times == 2:
            os.kill(os.getpid(), signal.SIGINT)
        else:
            stack.outcome = ("returned", "called home")

    stopped = threading.Event()
    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    done = run("fly", mission_path, *WORDS)
    thread.join()
    (order,) = stack.orders
    assert (order.order, order.drones, order.person) == ("return_home", ["drone1", "drone2"], "A. Martin")
    assert done.exit_code == (1 if times == 1 else 130)
    assert ("stopped following: " in done.stderr) == (times == 2)
    assert "the flight goes on" not in done.stderr, "it is called home"


def record(pid: int, tmp_path: Path, running: list[bool]):
    return SimpleNamespace(
        pid=pid, fleet=tmp_path / "fleet.yaml", stack_dir=tmp_path, mode="embedded", watched=NODES,
        is_running=running[0], waits_for="",
    )  # fmt: skip


@pytest.fixture
def up_process(stack, monkeypatch, tmp_path):
    """The record of a stack whose `up` ends at SIGTERM, and the signals that it got."""
    running, killed = [True], []

    def kill(pid: int, number: int) -> None:
        killed.append((pid, number))
        running[0] = False

    monkeypatch.setattr(stack_record, "read_stack_record", lambda _: record(4711, tmp_path, running))
    monkeypatch.setattr("blindspot.cli.operate.down.os.kill", kill)
    return killed


def test_a_stack_with_drones_in_the_air_goes_down_in_a_persons_name_alone(stack, up_process):
    with pytest.raises(InputError, match="--person: is missing, and drone1 is out"):
        run("down")
    assert stack.orders == [] and up_process == []
    stack.lands = True
    done = run("down", *WORDS, "--json")
    assert done.exit_code == 0 and json.loads(done.stdout)["brought_home"] == ["drone1"]
    assert [(order.order, order.person) for order in stack.orders] == [("return_home", "A. Martin")]
    assert up_process == [(4711, signal.SIGTERM)]


def test_a_stack_that_refuses_to_bring_its_drones_home_stays_up(stack, up_process):
    stack.refusal = "A. Martin is no operator of this fleet"
    with pytest.raises(RefusedError, match="is no operator"):
        run("down", *WORDS)
    assert up_process == []


def test_a_stack_at_rest_goes_down_without_a_person(stack, up_process):
    stack.phases = dict.fromkeys(stack.phases, "idle")
    assert run("down").exit_code == 0 and stack.orders == []
    assert up_process == [(4711, signal.SIGTERM)]


def test_a_stack_whose_manager_is_silent_may_have_drones_in_the_air(domain, monkeypatch, tmp_path):
    monkeypatch.setattr(the_stack, "KNOWN_HEARD_WITHIN_S", 0.3)
    monkeypatch.setattr(stack_record, "read_stack_record", lambda _: record(4711, tmp_path, [True]))
    with pytest.raises(InputError, match="--person: is missing"):
        run("down")


def test_down_and_up_without_and_beside_a_stack(domain, monkeypatch, tmp_path, mission_path):
    with pytest.raises(NoStackError, match=f"no stack is heard on ROS_DOMAIN_ID {domain}: nothing to end"):
        run("down")
    monkeypatch.setattr(stack_record, "read_stack_record", lambda _: record(4711, tmp_path, [True]))
    with pytest.raises(NoStackError, match="runs already on ROS_DOMAIN_ID"):
        run("up", mission_path, "--out", tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_person_confirms_a_new_pack_and_a_refusal_is_one_sentence(stack):
    done = run("swapped", "drone1", *WORDS, "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert document.keys() >= {"order", "person", "reason", "pack", "success", "message", "confirmed", "drones"}
    (sent,) = stack.orders
    assert (sent.order, list(sent.drones), sent.person, sent.reason) == ("swapped", ["drone1"], "A. Martin", "a test")
    stack.refusal = "drone1 waits for no other pack"
    done = run("swapped", "drone1", *WORDS)
    assert done.exit_code == 3 and done.stderr == "refused: drone1 waits for no other pack\n"
    with pytest.raises(InputError, match="--pack: is A1, and the fleet file lists no packs"):
        run("swapped", "drone1", *WORDS, "--pack", "A1")


def test_an_order_and_a_flight_are_signed_with_the_person_s_key(stack, mission_path, tmp_path, monkeypatch, plan):
    """As the verifier of a fleet with that key sees it."""
    monkeypatch.setenv("BLINDSPOT_PASSPHRASE", "correct horse battery")
    private, public = new_key("correct horse battery")
    (tmp_path / "martin.key").write_bytes(private)
    pilot = FleetOperator(name="A. Martin", key=key_text(load_pem_public_key(public)))
    fleet = load_fleet(mission_path)
    here = SimpleNamespace(fleet=mission_path, simulated=True, public_key=None, stack_dir=tmp_path)
    monkeypatch.setattr(stack_record, "stack_here", lambda _: here)
    verifier = OrderVerifier(replace(fleet, file=fleet.file.model_copy(update={"operators": (pilot,)})), simulated=True)
    stack.obeys = True
    stack.phases["drone1"] = "hold"
    assert run("resume", "drone1", "--key", tmp_path / "martin.key", *WORDS).exit_code == 0
    request = stack.orders[-1]
    assert verifier.why_not(ordered(request), request.signature, drone="drone1") == ""
    assert "is not signed" in verifier.why_not(ordered(request), "")
    stack.phases, stack.plan = (
        dict.fromkeys(stack.phases, "idle"),
        PlanCoverage.Response(success=True, plan=plan_message(plan)),
    )
    run("fly", mission_path, "--key", tmp_path / "martin.key", *WORDS)
    goal = stack.goals[-1]
    assert verifier.why_not(mission_ordered(goal.mission), goal.mission.signature) == ""
