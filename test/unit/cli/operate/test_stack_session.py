"""The end of a standing stack: its drones come home first, and a second signal ends it at once."""

from __future__ import annotations

import io
import math
import os
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blindspot.cli.operate import stack_session
from blindspot.cli.operate.stack_session import StackDisplay, StackSession
from blindspot.cli.parts.screen import Screen
from blindspot.cli.sessions.sim_session import StartError
from blindspot.nodes.orders import ordering

NODES = ("/simulator", "/blindspot/mission_manager", "/drone1/flight_control")


def status(phase: str, autopilot: str):
    return SimpleNamespace(
        drone="drone1", phase=phase, autopilot=autopilot, reason="", run="", outcome="", battery_fraction=0.5,
        route_fraction=0.5, position=SimpleNamespace(x=0.0, y=0.0, z=60.0), sensor_inhibited=True,
        hold_ends_s=math.nan, inspection="",
    )  # fmt: skip


class Answer:
    def __init__(self, success: bool | None) -> None:
        self._success = success

    def done(self) -> bool:
        return self._success is not None

    def result(self):
        return SimpleNamespace(success=self._success, message="")


class FakeOperator:
    """A stack whose turns are scripted: each `spin` does the next act."""

    def __init__(self) -> None:
        self.drones = ("drone1",)
        self.statuses = {"drone1": status("idle", "down")}
        self.fleet = SimpleNamespace(missions=[], drones=[], lost_nodes=[])
        self.changes: list[object] = []
        self.scheduled: deque[str] = deque()
        self.lost: tuple[str, ...] = ()
        self.acts: list[object] = []
        self.sent: list[tuple[str, ...]] = []
        self.answer: bool | None = True
        self.orders = self._orders("manager")

    def _orders(self, to: str):
        def send(order, drones, person, reason):
            self.sent.append((to, order, *drones, person, reason))
            return Answer(self.answer)

        return SimpleNamespace(send=send, is_ready=True)

    def orders_of(self, drone: str):
        return self._orders(drone)

    def spin(self, for_s: float = 0.1) -> None:
        act = self.acts.pop(0)
        if callable(act):
            act()

    def absent(self) -> tuple[str, ...]:
        return ()

    def unreachable(self) -> tuple[str, ...]:
        return ()

    def silent(self) -> tuple[str, ...]:
        return self.lost


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def stack():
    operator, out = FakeOperator(), io.StringIO()

    def says(phase: str, autopilot: str):
        def act() -> None:
            operator.statuses["drone1"] = status(phase, autopilot)
            operator.changes.append(operator.statuses["drone1"])

        return act

    def run(*acts: object, **options: Any) -> int:
        operator.acts = [None, *acts]
        display = StackDisplay(Screen(file=out, highlight=False), operator, NODES)
        supervisor = SimpleNamespace(
            ended=made.take_ended, shut_down=lambda: made.shut_down.append(True),
            kill_hung=lambda silent, now_s: made.hung if silent else (), pids={},
        )  # fmt: skip
        started = SimpleNamespace(watched=NODES, programs=())
        session = StackSession(started, supervisor, operator, display, Path("runs"), "martin", **options)
        return session.run(lambda: None)

    def take_ended():
        ended, made.ended = made.ended, []
        return ended

    made = SimpleNamespace(
        operator=operator,
        run=run,
        says=says,
        printed=out.getvalue,
        shut_down=[],
        ended=[],
        hung=(),
        take_ended=take_ended,
    )
    return made


def test_a_stack_at_rest_says_that_it_is_ready_and_ends_at_once(stack):
    assert stack.run(interrupt) == 0
    assert "ready: 1 drone, fly with: blindspot fly MISSION --person NAME --reason TEXT" in stack.printed()
    assert stack.operator.sent == []


def test_missions_that_a_restarted_manager_could_not_read_are_reported_once(stack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def loses_missions() -> None:
        Path("runs").mkdir()
        Path("runs/missions.json.unreadable-20260301T200507.000000Z").touch()

    assert stack.run(None, loses_missions, None, None, interrupt) == 0
    assert stack.printed().count("does not continue them") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_brings_the_drones_home_and_waits_until_they_are_down(stack, number):
    end = stack.run(
        stack.says("en_route", "up"), lambda: os.kill(os.getpid(), number), stack.says("return", "up"),
        stack.says("landing", "up"), stack.says("landed", "down"),
    )  # fmt: skip
    assert end == 0 and stack.operator.acts == []
    assert stack.operator.sent == [("manager", "return_home", "drone1", "martin", "the stack is shut down")]
    assert "drone1: en_route" in stack.printed() and "drone1 called home" in stack.printed()


@pytest.mark.parametrize("answer", [False, None])
def test_drones_whose_manager_does_not_take_the_order_get_it_directly(stack, answer, monkeypatch):
    """A shut-down works too if the fleet file lists operators, or the manager is lost."""
    monkeypatch.setattr(ordering, "ANSWER_LIMIT_S", -1.0)
    stack.operator.answer = answer
    assert stack.run(stack.says("hold", "up"), interrupt, None, stack.says("landed", "down")) == 0
    assert stack.operator.sent[1:] == [("drone1", "return_home", "drone1", "", "the stack is shut down")]


def test_a_drone_that_takes_off_during_the_shut_down_is_called_home_too(stack):
    """Its mission was still being cleared."""

    def both(first: str, second: str) -> Callable[[], None]:
        def act() -> None:
            for drone, phase in (("drone1", first), ("drone2", second)):
                stack.operator.statuses[drone] = status(phase, "down" if phase == "landed" else "up")

        return act

    end = stack.run(
        stack.says("en_route", "up"), interrupt, both("return", "takeoff"), both("landed", "return"),
        both("landed", "landed"),
    )  # fmt: skip
    assert end == 0
    assert [sent[:3] for sent in stack.operator.sent] == [
        ("manager", "return_home", "drone1"), ("manager", "return_home", "drone2"),
    ]  # fmt: skip


@pytest.mark.parametrize("answer", [False, None])
def test_a_mission_that_is_not_called_off_is_watched_until_it_is_done(stack, answer, monkeypatch):
    """Its clearance may come in spite of the order, and its drone take off."""
    monkeypatch.setattr(ordering, "ANSWER_LIMIT_S", -1.0)
    monkeypatch.setattr(stack_session, "CALL_AGAIN_S", -1.0)
    stack.operator.answer = answer

    def is_in(phase: str, *drone: str) -> Callable[[], None]:
        def act() -> None:
            stack.operator.fleet.missions = [mission(phase)]
            stack.operator.statuses["drone1"] = status(*drone)

        return act

    end = stack.run(
        is_in("authorising", "idle", "down"), interrupt, None, None, is_in("flying", "takeoff", "up"), None,
        is_in("flying", "landed", "down"), is_in("done", "landed", "down"),
    )  # fmt: skip
    assert end == 0 and stack.operator.acts == [] and stack.shut_down == [True]
    assert [sent[0] for sent in stack.operator.sent[:2]] == ["manager", "manager"], "it is called off again"
    assert ("drone1", "return_home", "drone1", "", "the stack is shut down") in stack.operator.sent


def test_a_mission_whose_manager_is_gone_for_good_is_not_waited_for(stack):
    gone = SimpleNamespace(name=stack_session.MANAGER, started_again=False)
    stack.operator.fleet.missions = [mission("authorising")]
    assert stack.run(interrupt, lambda: stack.ended.append(gone)) == 0


def test_a_second_signal_ends_at_once_and_names_the_drones_that_are_out(stack):
    assert stack.run(stack.says("en_route", "up"), interrupt, stack.says("return", "up"), interrupt) == 130
    assert "ended at once, with drone1 out" in stack.printed()


def test_without_the_simulator_nothing_is_waited_for(stack):
    def loses() -> None:
        stack.operator.lost = ("/simulator",)

    assert stack.run(stack.says("en_route", "up"), interrupt, loses) == 6
    assert "drone1 not accounted for" in stack.printed()


def test_changes_are_lines_in_a_pipe_and_are_not_kept(stack):
    def loses() -> None:
        stack.operator.lost = ("/drone1/camera",)
        stack.operator.fleet.missions = [mission("flying", "")]

    def ends() -> None:
        stack.operator.lost = ()
        stack.operator.fleet.missions = [mission("done", "completed")]

    def mission(phase: str, outcome: str):
        return SimpleNamespace(
            run="evening", mission="Crossroads", plan="", phase=phase, outcome=outcome, reason="", person="A. Martin",
            elapsed_s=1.0, seen_blind_fraction=0.5, drones=["drone1"], watch=[],
        )  # fmt: skip

    assert stack.run(loses, None, ends, interrupt) == 0
    lines = stack.printed().splitlines()[2:]
    assert lines == [
        "mission Crossroads, run evening: flying", "/drone1/camera is lost",
        "mission Crossroads, run evening: completed", "/drone1/camera is back",
    ]  # fmt: skip
    assert stack.operator.changes == []


def test_the_schedulers_lines_are_shown_once(stack):
    def is_due() -> None:
        stack.operator.scheduled.append("pass town/2026-11-02/evening/1 is due")

    assert stack.run(is_due, None, interrupt) == 0
    assert stack.printed().count("pass town/2026-11-02/evening/1 is due") == 1
    assert not stack.operator.scheduled


def test_a_manager_that_misses_a_node_for_good_ends_the_start(stack, monkeypatch):
    monkeypatch.setattr(stack_session, "START_LIMIT_S", -1.0)
    stack.operator.fleet.lost_nodes = ["/drone1/camera"]
    with pytest.raises(StartError, match="still misses /drone1/camera"):
        stack.run(None)


def test_the_live_picture_shows_drones_missions_and_events():
    operator, out = FakeOperator(), io.StringIO()
    operator.statuses["drone1"] = status("en_route", "up")
    display = StackDisplay(Screen(file=out, force_terminal=True, width=120), operator, NODES)
    with display.live(display.picture):
        display.note("/drone1/camera was started again")
        operator.lost = ("/drone1/detector",)
        display.refresh()
    shown = out.getvalue()
    assert "en_route" in shown and "was started again" in shown and "/drone1/detector is lost" in shown


def mission(phase: str):
    return SimpleNamespace(
        run="evening-1", mission="Evening", plan="p", phase=phase, outcome="", reason="", person="", elapsed_s=0.0,
        seen_blind_fraction=0.5, drones=["drone1"], watch=[],
    )  # fmt: skip


def test_a_mission_between_two_sorties_is_called_off_before_the_stack_ends(stack):
    def is_in(*phases: str):
        return lambda: setattr(stack.operator.fleet, "missions", [mission(phase) for phase in phases])

    assert stack.run(is_in("swapping"), interrupt, is_in("done")) == 0
    assert stack.operator.sent == [("manager", "return_home", "drone1", "martin", "the stack is shut down")]


@pytest.fixture
def run_dir(tmp_path, monkeypatch):
    """The folder of a run whose record is open."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "evening-1").mkdir(parents=True)
    (tmp_path / "runs" / "evening-1" / "events.jsonl").touch()
    return tmp_path / "runs" / "evening-1"


def writes(file: Path) -> Callable[[], None]:
    return lambda: file.write_text("")


def test_the_reports_of_the_runs_that_were_in_progress_are_awaited(stack, run_dir):
    def is_in(phase: str):
        return lambda: setattr(stack.operator.fleet, "missions", [mission(phase)])

    concluded = writes(run_dir / "report.html")
    assert stack.run(is_in("flying"), is_in("done"), interrupt, None, concluded, None) == 0
    assert len(stack.operator.acts) <= 1, "it waits for the report"
    assert "waiting for the report of evening-1" in stack.printed()
    assert "run evening-1 is concluded: runs/evening-1/report.html" in stack.printed()


def test_a_shut_down_notes_what_it_waits_for(stack, run_dir):
    waits = []

    def lands() -> None:
        stack.says("landed", "down")()
        stack.operator.fleet.missions = [mission("done")]

    stack.operator.fleet.missions = [mission("flying")]
    acts = (stack.says("hold", "up"), interrupt, lands, None, writes(run_dir / "report.html"), None)
    assert stack.run(*acts, waits_for=waits.append) == 0
    assert list(dict.fromkeys(waits)) == [
        "drone1 to be down", "the report of evening-1", "its processes to end",
    ]  # fmt: skip


def test_a_drone_that_takes_off_while_a_report_is_awaited_is_called_home(stack, run_dir):
    def over() -> None:
        stack.operator.fleet.missions = [mission("done")]
        interrupt()

    stack.operator.fleet.missions = [mission("flying")]
    takes_off, comes_home = stack.says("takeoff", "up"), stack.says("return", "up")
    end = stack.run(
        None,
        over,
        None,
        takes_off,
        comes_home,
        None,
        stack.says("landed", "down"),
        writes(run_dir / "report.html"),
        None,
    )
    assert end == 0
    assert stack.operator.sent == [("manager", "return_home", "drone1", "martin", "the stack is shut down")]


def test_a_run_whose_evidence_failed_names_its_log(stack, run_dir):
    stack.operator.fleet.missions = [mission("flying")]

    def over() -> None:
        stack.operator.fleet.missions = [mission("done")]
        (run_dir / "conclusion.log").write_text("blindspot: plan.json is missing\n")

    assert stack.run(None, over, None, interrupt, None) == 0
    assert "run evening-1 has no report, the reason is in runs/evening-1/conclusion.log" in stack.printed()


def test_without_a_logbook_no_report_is_awaited(stack, run_dir):
    def over() -> None:
        stack.operator.fleet.missions = [mission("done")]
        stack.ended.append(SimpleNamespace(name="/blindspot/logbook", started_again=False))
        interrupt()

    stack.operator.fleet.missions = [mission("flying")]
    assert stack.run(None, over, None, None) == 0
    assert "waiting for the report" not in stack.printed()


def test_the_end_of_each_run_is_passed_on_once(stack):
    def is_in(phase: str):
        return lambda: setattr(stack.operator.fleet, "missions", [mission(phase)])

    ended = []
    phases = map(is_in, ("flying", "swapping", "flying", "done", "done"))
    assert stack.run(*phases, interrupt, run_ended=lambda run, drones: ended.append((run, *drones))) == 0
    assert ended == [("evening-1", "drone1")]


def test_a_node_that_hangs_is_killed_and_named(stack):
    def hang() -> None:
        stack.operator.lost = stack.hung = NODES[1:2]

    assert stack.run(hang, interrupt) == 0
    assert f"{NODES[1]} hangs: killed" in stack.printed()
