"""The first Ctrl-C of a run: its drones are called home until the mission manager has taken the order."""

from __future__ import annotations

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
from blindspot.nodes.orders import ordering


class Answer:
    """None: the answer is missing."""

    def __init__(self, success: bool | None) -> None:
        self._success = success

    def done(self) -> bool:
        return self._success is not None

    def result(self):
        return SimpleNamespace(success=self._success, message="not now")


class FakeOperator:
    """A run in flight whose turns are scripted: each `spin` does the next act, and after the last one the mission ends
    and the logbook concludes."""

    def __init__(self, *acts) -> None:
        self.acts = list(acts)
        self.answer: bool | None = True
        self.sent: list[tuple[str, ...]] = []
        self.drones, self.fleet = ("drone1",), None
        self.result: tuple[str, str] | None = None
        self.lost: tuple[str, ...] = ()
        self.run_dir = Path()
        self.orders = SimpleNamespace(send=self._send, is_ready=True)

    def _send(self, order, drones, person, reason):
        self.sent.append((order, *drones, person))
        return Answer(self.answer)

    def spin(self, for_s: float = 0.1) -> None:
        if self.acts:
            self.acts.pop(0)()
        else:
            self.result = ("returned", "")
            (self.run_dir / "report.html").touch()

    def join(self) -> None: ...

    def silent(self) -> tuple[str, ...]:
        return self.lost


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


class Notes:
    """The display of a session."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def flying(self):
        return nullcontext()

    def refresh(self, notes) -> None:
        self.shown = list(notes)


@pytest.fixture
def follow(monkeypatch, tmp_path):
    """Watch a run; the mission manager's word, and the events that were shown."""
    monkeypatch.setattr(run_session, "CALL_AGAIN_S", 0.0)

    class Session(RunSession):
        def _second_interrupt(self) -> None:
            raise StopFollowingError(self.called_home)

    def run(operator: FakeOperator):
        display, operator.run_dir = Notes(), tmp_path
        task = Task(SimpleNamespace(), SimpleNamespace(), tmp_path, "A. Martin", "a test")
        session = Session(operator, display, task)
        with session.interruptible():
            return session.join(), display.shown

    return run


def test_the_order_is_given_once_to_a_manager_that_takes_it(follow):
    operator = FakeOperator(interrupt, lambda: None, lambda: None)
    assert follow(operator) == (("returned", ""), [])
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
    monkeypatch.setattr(ordering, "ANSWER_LIMIT_S", -1.0)
    operator = FakeOperator(interrupt, lambda: None, lambda: setattr(operator, "answer", True), lambda: None)
    operator.answer = answer
    _, shown = follow(operator)
    assert any(reported in event for event in shown)
    assert 2 <= len(operator.sent) <= 3


def test_a_planner_that_falls_silent_ends_the_wait():
    operator = FakeOperator()
    operator.plan = lambda mission_file, while_waiting, *, plan_file: while_waiting()
    operator.silent = lambda: (run_session.PLANNER,)
    task = Task(SimpleNamespace(path=Path("m.yaml")), SimpleNamespace(), Path("runs/evening-1"), "A. Martin", "a test")
    session = RunSession(operator, SimpleNamespace(planning=lambda: None), task)
    with pytest.raises(BlindspotError, match="fell silent while it planned: see blindspot status"):
        session.fly()


def test_a_mission_that_was_refused_at_once_has_no_record_to_wait_for(follow, monkeypatch, tmp_path):
    monkeypatch.setattr(run_session, "BEGUN_WITHIN_S", -1.0)
    operator = FakeOperator(lambda: setattr(operator, "result", ("refused", "drone1 flies mission Morning")))
    assert follow(operator)[0] == ("refused", "drone1 flies mission Morning")
    assert list(tmp_path.iterdir()) == []


def test_the_report_is_awaited_after_the_mission_and_only_while_somebody_may_write_it(follow, monkeypatch, tmp_path):
    (tmp_path / "events.jsonl").touch()
    monkeypatch.setattr(run_session, "BEGUN_WITHIN_S", -1.0)
    operator = FakeOperator(lambda: setattr(operator, "result", ("completed", "")), lambda: None, lambda: None)
    follow(operator)
    assert operator.acts == [] and (tmp_path / "report.html").exists()
    (tmp_path / "report.html").unlink()
    monkeypatch.setattr(run_session, "GONE_FOR_S", -1.0)
    operator = FakeOperator(
        lambda: setattr(operator, "lost", (run_session.LOGBOOK, run_session.MANAGER)), lambda: 1 / 0
    )
    assert follow(operator)[0] is None, "both are lost for good"


def test_ctrl_c_while_the_report_is_written_orders_nothing(follow):
    operator = FakeOperator(lambda: setattr(operator, "result", ("completed", "")), interrupt, lambda: None)
    follow(operator)
    assert operator.sent == []
