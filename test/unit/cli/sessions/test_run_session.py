"""The first Ctrl-C of a run: its drones are called home until the mission manager has taken the order."""

from __future__ import annotations

import math
import os
import shlex
import signal
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from blindspot.cli.operate.fly import StopFollowingError, stopped_following
from blindspot.cli.sessions import run_session
from blindspot.cli.sessions.run_session import RunSession, Task
from blindspot.core import BlindspotError


class Answer:
    """None: the answer is missing."""

    def __init__(self, success: bool | None) -> None:
        self._success = success

    def done(self) -> bool:
        return self._success is not None

    def result(self):
        return SimpleNamespace(success=self._success, message="not now")


class FakeOperator:
    """A run in flight whose turns are scripted: each `spin` does the next act, and the run ends after the last."""

    def __init__(self, *acts) -> None:
        self.acts = list(acts)
        self.answer: bool | None = True
        self.sent: list[tuple[str, ...]] = []
        self.drones, self.sim_s, self.detections = ("drone1",), 0.0, 0
        self.mission = SimpleNamespace(phase="flying", plan="p")
        self.coverage = SimpleNamespace(pictures_counted=0, pictures_refused=0, seen_fraction=math.nan)
        self.leases = SimpleNamespace(plans={"0" * 64})
        self.result: tuple[str, str] | None = None
        self.ended: tuple[str, ...] = ()
        self.shuts_down = False
        self.homecoming = SimpleNamespace(messages=(), ends={}, flown=True, step=lambda lost: True)
        self.orders = SimpleNamespace(send=self._send, is_ready=True)

    def _send(self, order, drones, person, reason):
        self.sent.append((order, *drones, person))
        return Answer(self.answer)

    def join(self, origin, since_s) -> None: ...

    def spin(self, for_s: float = 0.1) -> None:
        if self.acts:
            self.acts.pop(0)()
        else:
            self.result = ("returned", "")

    def silent(self) -> tuple[str, ...]:
        return (run_session.MONITOR,)

    def unheard(self, within_s, *, gone=()) -> tuple[str, ...]:
        return self.ended


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def follow(monkeypatch):
    """Follow a run; the facts of its end."""
    monkeypatch.setattr(run_session, "CALL_AGAIN_S", 0.0)

    class Session(RunSession):
        def _second_interrupt(self) -> None:
            raise StopFollowingError(self.called_home)

    def run(operator: FakeOperator, run_dir: Path = Path("runs/evening-1"), before=(), cleared=()):
        display = SimpleNamespace(flying=nullcontext, refresh=lambda notes: None)
        task = Task(SimpleNamespace(), SimpleNamespace(), run_dir, "A. Martin", "a test")
        session = Session(operator, display, task)
        with session.interruptible():
            return session.join(SimpleNamespace(origin=None), 0.0, before, cleared)

    return run


def test_the_order_is_given_once_to_a_manager_that_takes_it(follow):
    operator = FakeOperator(interrupt, lambda: None, lambda: None)
    facts = follow(operator)
    assert (facts["outcome"], facts["cleared_plans"]) == ("returned", {"0" * 64})
    assert operator.sent == [("return_home", "drone1", "A. Martin")]


@pytest.mark.parametrize(
    ("answer", "acts", "is_ready", "known"),
    [
        (True, 2, True, "taken"), (None, 2, True, "sent"), (False, 2, True, ""), (True, 2, False, ""),
        (True, 0, True, ""),
    ],
)  # fmt: skip
def test_a_second_ctrl_c_knows_whether_the_drones_are_called_home(follow, answer, acts, is_ready, known):
    operator = FakeOperator(interrupt, *[lambda: None] * acts, interrupt)
    if acts == 0:
        operator.acts = [lambda: (interrupt(), interrupt())]
    operator.answer, operator.orders.is_ready = answer, is_ready
    with pytest.raises(StopFollowingError) as stopped:
        follow(operator)
    assert stopped.value.called_home == known


@pytest.mark.parametrize(
    ("known", "says"), [("taken", "are called home"), ("sent", "has no answer"), ("", "the flight goes on")]
)
def test_the_end_of_following_names_the_way_to_call_the_drones_home_unless_they_are(known, says):
    said = stopped_following("A. Martin", known)
    assert says in said and ("blindspot return --person 'A. Martin'" in said) == (known != "taken")


def test_the_way_to_call_the_drones_home_can_be_pasted_for_each_name():
    said = stopped_following("J. D'Arcy", "")
    line = said.partition("and ")[2].partition(" calls it home")[0]
    assert shlex.split(line)[2:4] == ["--person", "J. D'Arcy"]


def test_the_sorties_before_a_command_followed_count_as_flown(follow):
    facts = follow(
        FakeOperator(lambda: None), before=[SimpleNamespace(id="p1"), SimpleNamespace(id="p2")], cleared={"1"}
    )
    assert facts["flown_plans"] == ("p1", "p2", "p") and facts["cleared_plans"] == {"0" * 64, "1"}


def test_boxes_in_the_pictures_before_a_command_followed_are_unknown_and_not_none(follow, tmp_path):
    assert follow(FakeOperator(), tmp_path)["detections"] == 0
    (tmp_path / "looks.csv").write_text("stamp_s,drone\n")
    assert follow(FakeOperator(), tmp_path)["detections"] == 0
    (tmp_path / "looks.csv").write_text("stamp_s,drone\n1.0,drone1\n")
    assert follow(FakeOperator(), tmp_path)["detections"] is None


def test_the_order_waits_for_a_manager_that_is_started_again(follow):
    def is_back() -> None:
        assert operator.sent == [], "an order to an absent manager is lost"
        operator.orders.is_ready = True

    operator = FakeOperator(interrupt, lambda: None, is_back)
    operator.orders.is_ready = False
    follow(operator)
    assert len(operator.sent) == 1


@pytest.mark.parametrize(("answer", "reported"), [(None, "did not answer"), (False, "not now")])
def test_an_order_without_an_answer_or_with_a_refusal_is_given_again(follow, monkeypatch, answer, reported):
    monkeypatch.setattr(run_session, "ANSWER_LIMIT_S", -1.0)
    operator = FakeOperator(interrupt, lambda: None, lambda: setattr(operator, "answer", True), lambda: None)
    operator.answer = answer
    facts = follow(operator)
    assert any(reported in event for event in facts["extra"]["chain"]) and reported not in facts["reason"]
    assert 2 <= len(operator.sent) <= 3


def test_a_planner_that_falls_silent_ends_the_wait():
    operator = FakeOperator()
    operator.plan = lambda mission_file, while_waiting, *, plan_file: while_waiting()
    operator.silent = lambda: (run_session.PLANNER,)
    task = Task(SimpleNamespace(path=Path("m.yaml")), SimpleNamespace(), Path("runs/evening-1"), "A. Martin", "a test")
    session = RunSession(operator, SimpleNamespace(planning=lambda: None), task)
    with pytest.raises(BlindspotError, match="fell silent while it planned: see blindspot status"):
        session.fly()


def test_a_stack_that_is_shut_down_in_order_loses_no_sound_node(follow):
    """Its nodes end with it, while this command still looks for them."""

    def shut_down() -> None:
        operator.shuts_down = True

    def end() -> None:
        operator.shuts_down, operator.ended = False, ("/drone1/camera", "/blindspot/authority")
        operator.result = ("completed", "")

    operator = FakeOperator(shut_down, end)
    facts = follow(operator)
    assert (facts["outcome"], facts["reason"], facts["extra"]["lost_nodes"]) == ("completed", "", [])
    operator = FakeOperator(end)
    facts = follow(operator)
    assert facts["outcome"] == "degraded" and "/drone1/camera is lost" in facts["reason"]


def test_a_stack_that_is_shut_down_in_the_wait_for_its_nodes_loses_those_alone_that_were_silent_before(follow):
    """`down` ends the stack as soon as the mission is over, within the 5 s of this wait."""
    frozen, sound = run_session.MONITOR, "/drone1/flight_control"

    class Operator(FakeOperator):
        def unheard(self, within_s, *, gone=()):
            self.shuts_down = True
            return (sound, frozen)

    facts = follow(Operator(lambda: None))
    assert facts["extra"]["lost_nodes"] == [frozen]
