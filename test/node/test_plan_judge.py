"""Edited plans against the real `authorise` service: the checker in a process of its own refuses what the law alone
would not, and no answer of it is a refusal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from blindspot_msgs.msg import Clearance
from blindspot_msgs.srv import Authorise, GiveBack
from test.node.conftest import order_of

from blindspot.mission import site_of
from blindspot.mission.mission_file import load_mission
from blindspot.mission.plan import Plan
from blindspot.nodes.authority import Authority
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.judging import plan_judge
from blindspot.nodes.judging.plan_judge import FlownPlan, PlanJudge, Question
from blindspot.planning.checker import check_plan


def edited(plan: Plan, edit) -> Plan:
    """The plan with its JSON changed, as an editor of the file would."""
    data = json.loads(plan.to_json())
    edit(data)
    return Plan.model_validate(data)


def at_height(up_m):
    def edit(data):
        for route in data["routes"]:
            route["takeoff_up_m"] = up_m
            for step in route["steps"]:
                step["to"]["up_m"] = up_m

    return edit


def at_speed(speed_mps):
    def edit(data):
        for route in data["routes"]:
            for step in route["steps"]:
                step["speed_mps"] = speed_mps

    return edit


def on_one_route(data):
    data["routes"] = [data["routes"][0] | {"drone": name} for name in ("drone1", "drone2")]


def twice(data):
    data["routes"] = [data["routes"][0], data["routes"][0]]


def of_another_drone(data):
    data["routes"][0]["drone"] = "drone9"


def fence_of_10_km(data):
    for route in data["routes"]:
        route["failsafe"]["fence"] = [[-5000.0, -5000.0], [5000.0, -5000.0], [5000.0, 5000.0], [-5000.0, 5000.0]]


def datum_off(data):
    data["origin"]["datum_amsl_m"] += 50.0


def near_a_building(data):
    """A fault that only the town's model shows: a way over the block east of the crossing, at an allowed height."""
    route = data["routes"][0]
    route["steps"].insert(
        1, {"kind": "waypoint", "to": route["steps"][0]["to"] | {"east_m": 45.0, "north_m": 45.0}, "speed_mps": 5.0}
    )


EDITS = {
    "22 m": (at_height(22.0), ("AVI-01", "GEO-03")),
    "138 px/m": (lambda data: data["band"].update(max_px_per_m=138.0), ("GEO-03",)),
    "25 m/s": (at_speed(25.0), ("AVI-03",)),
    "two drones on one route": (on_one_route, ("PLN-02",)),
    "two routes of a drone": (twice, ("PLN-02",)),
    "another drone": (of_another_drone, ("PLN-02",)),
    "fence of 10 km": (fence_of_10_km, ("GEO-01",)),
    "datum 50 m off": (datum_off, ("PLN-01",)),
    "over a block": (near_a_building, ("PLN-04",)),
}


@pytest.fixture
def gate(graph, mission_path, tmp_path):
    return graph.start(Authority, fleet=str(mission_path), simulated=True, run_dir=str(tmp_path),
                       lease_key=str(graph.leasing.private))  # fmt: skip


@pytest.fixture
def asked(mission_path):
    def asked(plan) -> Authorise.Request:
        return Authorise.Request(mission=order_of(mission_path), plan=plan_message(plan), requester="tester")

    return asked


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_plan_is_refused_and_leases_nothing(graph, gate, sound_plan, name, asked):
    edit, rules = EDITS[name]
    answer = graph.ask(Authorise, "authorise", asked(edited(sound_plan, edit)))
    assert not answer.granted
    assert all(any(verdict.startswith(rule) for verdict in answer.verdicts) for rule in rules), answer.verdicts
    assert graph.peer.count_publishers("/drone1/clearance") == 0


@pytest.mark.usefixtures("ros_domain")  # in the process that has the plan already
def test_the_checker_alone_refuses_each_of_them_too(sound_plan, mission_path):
    """Neither counts on the other."""
    mission = load_mission(mission_path)
    site = site_of(mission)
    assert not check_plan(sound_plan, mission, site)
    for name, (edit, _) in EDITS.items():
        assert check_plan(edited(sound_plan, edit), mission, site), name


def test_a_sound_plan_is_leased_and_checked_anew_each_time(graph, gate, sound_plan, monkeypatch, asked):
    """A stack stays up for days: the site may have changed since."""
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    assert graph.ask(Authorise, "authorise", asked(sound_plan)).granted
    graph.spin_until(lambda: any(lease.granted for lease in leases))
    monkeypatch.setattr(plan_judge, "command_of", lambda *_: ["/bin/false"])
    assert not graph.ask(Authorise, "authorise", asked(sound_plan)).granted


def script(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "checker.sh"
    file.write_text(f"#!/bin/sh\n{text}\n")
    return ["/bin/sh", str(file)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kill -9 $$", "no verdict (exit code -9)"),
        ("exit 0", "no verdict (exit code 0)"),
        ("echo 'checked 0: no violation'", "no verdict (exit code 0)"),
        ("printf '\\377\\376'", "no verdict"),
        ("echo 'Traceback' >&2; exit 1", "the checker refuses the plan: Traceback"),
        ("exec /nowhere/at/all", "no verdict"),
        ("sleep 1000", "did not answer in time"),
    ],
)
def test_a_checker_without_a_readable_verdict_refuses(graph, gate, sound_plan, tmp_path, monkeypatch, text, why, asked):
    monkeypatch.setattr(plan_judge, "command_of", lambda *_: script(tmp_path, text))
    if "sleep" in text:
        monkeypatch.setattr(plan_judge, "CHECK_LIMIT_S", 0.2)
    answer = graph.ask(Authorise, "authorise", asked(sound_plan))
    assert not answer.granted and why in answer.verdicts[0]
    assert graph.peer.count_publishers("/drone1/clearance") == 0


def test_a_checker_that_can_not_be_started_refuses(graph, gate, sound_plan, monkeypatch, asked):
    monkeypatch.setattr(plan_judge, "command_of", lambda *_: ["/nowhere/at/all"])
    answer = graph.ask(Authorise, "authorise", asked(sound_plan))
    assert not answer.granted and "can't be checked" in answer.verdicts[0]


def test_a_clearance_given_back_while_the_plan_is_checked_is_never_granted(graph, gate, sound_plan, monkeypatch, asked):
    monkeypatch.setattr(plan_judge, "command_of", lambda *_: ["sleep", "1000"])
    judged = graph.client(Authorise, "authorise").call_async(asked(sound_plan))
    graph.spin_until(lambda: gate.checker.asked)
    for requester in ("a stranger", "tester"):
        request = GiveBack.Request(plan=sound_plan.sha256, requester=requester)
        assert graph.ask(GiveBack, "give_back", request).success == (requester == "tester")
        assert judged.done() == (requester == "tester")
    assert not judged.result().granted and "given back" in judged.result().verdicts[0]
    assert not gate.checker.asked and not gate.clearances.now


class Judge:
    """A judge whose checks last until the test ends them; `answers` are by plan id."""

    def __init__(self, graph, plan, mission, monkeypatch, folder):
        self._graph, self._plan, self._mission, self._folder = graph, plan, mission, folder
        monkeypatch.setattr(plan_judge, "command_of", self._command)
        self.judge = PlanJudge(graph.peer, 2)
        self.answers: dict[str, str] = {}

    def _command(self, mission, folder, down):
        plan = Plan.model_validate_json(Path(folder, "plan.json").read_text())
        go = self._folder / plan.id
        own = self._folder / f"{plan.id}-checker"
        own.mkdir()
        return script(own, f"until [ -e {go} ]; do sleep 0.02; done; "
                      f"echo 'checked {plan.sha256}: no violation'")  # fmt: skip

    def named(self, name):
        return self._plan.model_copy(update={"id": name})

    def ask(self, name, *, is_rest=False, by="tester", mission_sha256="as it is", answer=None):
        flown = FlownPlan(self._plan, ()) if is_rest else None
        answer = answer or (lambda complaint: self.answers.setdefault(name, complaint))
        self.judge.ask(Question(self.named(name), self._mission, mission_sha256, by, flown, answer))

    def pass_next(self, name):
        (self._folder / name).touch()
        self._graph.spin_until(lambda: name in self.answers)


@pytest.fixture
def judge(graph, sound_plan, mission_path, monkeypatch, tmp_path):
    made = Judge(graph, sound_plan, load_mission(mission_path), monkeypatch, tmp_path)
    yield made
    for asked in made.judge.asked:
        made.judge.call_off(asked.plan.sha256, asked.requester, "the test ends")


def order(judge):
    return [asked.plan.id for asked in judge.judge.asked]


def test_further_plans_wait_for_their_turn_and_the_rest_of_a_plan_goes_first(judge):
    for name in ("first", "second"):
        judge.ask(name)
    judge.ask("rest", is_rest=True)
    assert order(judge) == ["first", "rest", "second"] and not judge.answers
    judge.ask("third")
    assert judge.answers == {"third": "3 plans are being checked: ask again"}
    for name in ("first", "rest", "second"):
        judge.pass_next(name)
        assert judge.answers[name] == ""
    assert order(judge) == []


def test_a_plan_that_waits_is_called_off_by_its_requester_alone(judge):
    for name in ("first", "second"):
        judge.ask(name)
    judge.judge.call_off(judge.named("second").sha256, "a stranger", "no more")
    assert order(judge) == ["first", "second"]
    judge.judge.call_off(judge.named("second").sha256, "tester", "no more")
    assert order(judge) == ["first"] and judge.answers == {"second": "no more"}
    judge.ask("third")
    judge.judge.call_off(judge.named("first").sha256, "tester", "nor this")
    assert order(judge) == ["third"] and judge.answers["first"] == "nor this"
    judge.pass_next("third")
    assert judge.answers["third"] == ""


def test_a_question_that_is_asked_again_takes_its_own_place(judge):
    """A restarted authority on a busy machine is asked again before the check has ended."""
    early: list[str] = []
    judge.ask("first", answer=early.append)
    judge.ask("second", answer=early.append)
    for name in ("first", "second", "first"):
        judge.ask(name)
    assert order(judge) == ["first", "second"]
    assert early == [plan_judge.ASKED_AGAIN] * 2 and judge.answers == {"first": plan_judge.ASKED_AGAIN}
    judge.answers.clear()
    for name in ("first", "second"):
        judge.pass_next(name)
        assert judge.answers[name] == ""


def test_a_full_disk_is_the_reason_of_a_refusal(judge, monkeypatch):
    def refuse(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plan_judge.tempfile, "TemporaryDirectory", refuse)
    judge.ask("first")
    assert judge.answers == {"first": "the plan can't be checked (No space left on device): no clearance"}
    assert order(judge) == []


@pytest.mark.parametrize("other", [{"by": "another"}, {"mission_sha256": "changed"}, {"is_rest": True}])
def test_another_question_about_the_same_plan_waits_for_a_check_of_its_own(judge, other):
    early: list[str] = []
    judge.ask("first", answer=early.append)
    judge.ask("first", **other)
    assert order(judge) == ["first", "first"] and early == []


def test_a_mission_that_changes_while_its_plan_is_checked_is_refused(
    graph, sound_plan, mission_path, tmp_path, monkeypatch
):
    folder = tmp_path / "config"
    shutil.copytree(mission_path.parents[1], folder, ignore=shutil.ignore_patterns("nantes*", "models"))
    own = folder / "missions" / "crossroads.yaml"
    node = graph.start(Authority, fleet=str(own), simulated=True, run_dir=str(tmp_path),
                       lease_key=str(graph.leasing.private))  # fmt: skip
    monkeypatch.setattr(node.checker, "ask", lambda question: (own.write_text(own.read_text() + "#"),
                                                               question.answer("")))  # fmt: skip
    request = Authorise.Request(mission=order_of(own), plan=plan_message(sound_plan), requester="tester")
    answer = graph.ask(Authorise, "authorise", request)
    assert not answer.granted and "differs here" in answer.verdicts[0]


def test_legal_time_does_not_run_while_the_checker_works(graph, gate, sound_plan, mission_path, asked):
    graph.ask(Authorise, "authorise", asked(sound_plan))
    [clearance] = gate.clearances.now
    passed = gate.now_utc(clearance.asked) - load_mission(mission_path).file.start
    assert passed.total_seconds() < 1.0


def test_the_command_names_the_flown_plan_and_who_is_down(mission_path, tmp_path):
    command = plan_judge.command_of(mission_path, tmp_path, ("drone2",))
    assert command[-4:] == ["--flown", str(tmp_path / "flown.json"), "--down", "drone2"]
    assert "--flown" not in plan_judge.command_of(mission_path, tmp_path, None)
