"""`blindspot down` waits as long as the stack has a reason, and names it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from blindspot.cli.operate import down, orders
from blindspot.cli.sessions import the_stack
from blindspot.cli.sessions.the_stack import NoStackError
from blindspot.core.errors import InputError, RefusedError


@pytest.fixture
def ends(monkeypatch) -> Callable[..., None]:
    """`down` for a stack with drones on the ground, whose record names one wait after the other, each for a minute."""

    def run(*waits: str, ever: bool = True) -> None:
        records = [SimpleNamespace(waits_for=wait, pid=0, fleet=Path("fleet.yaml"), stack_dir=Path()) for wait in waits]
        read = iter([records[0], *records, *([None] if ever else [records[-1]] * 9)])
        clock = SimpleNamespace(monotonic=iter(range(0, 6000, 60)).__next__, sleep=lambda s: None)
        monkeypatch.setattr(the_stack, "running_record", lambda *_: next(read))
        monkeypatch.setattr(down, "bring_home", lambda person, reason, is_known: [])
        monkeypatch.setattr(down.os, "kill", lambda pid, number: None)
        monkeypatch.setattr(down, "time", clock)
        down.down()

    return run


def test_a_stack_that_goes_from_one_wait_to_the_next_is_waited_for(ends, capsys):
    ends("", "drone1 to be down", "the report of evening-1", "its processes to end")
    printed = capsys.readouterr()
    assert printed.out == "the stack of fleet.yaml has ended\n"
    assert printed.err.splitlines() == [
        "the stack waits for drone1 to be down",
        "the stack waits for the report of evening-1",
        "the stack waits for its processes to end",
    ]


def test_a_stack_that_does_not_end_is_reported_with_its_reason(ends):
    with pytest.raises(NoStackError, match="it waits for the report of evening-1"):
        ends("", "the report of evening-1", ever=False)


def test_a_stack_that_ended_while_its_drones_came_home_is_not_signalled(monkeypatch, capsys):
    """Its process id may be that of another program by then."""
    killed, record = [], SimpleNamespace(waits_for="", pid=4711, fleet=Path("fleet.yaml"), stack_dir=Path())
    read = iter([record, None, None])
    monkeypatch.setattr(the_stack, "running_record", lambda *_: next(read))
    monkeypatch.setattr(down, "bring_home", lambda person, reason, is_known: ["drone1"])
    monkeypatch.setattr(down.os, "kill", lambda pid, number: killed.append(pid))
    down.down("A. Martin", "rain")
    assert killed == [] and capsys.readouterr().out == "the stack of fleet.yaml has ended\n"


@pytest.mark.parametrize(("waits_for", "signals"), [("", [4711]), ("the report of evening-1", [])])
def test_a_stack_that_is_shut_down_already_is_waited_for(monkeypatch, waits_for, signals):
    """A second signal would end it at once: without the report of the last flight, or with a drone out."""
    killed, record = [], SimpleNamespace(waits_for=waits_for, pid=4711, fleet=Path("fleet.yaml"), stack_dir=Path())
    read = iter([record, record, record, None])
    monkeypatch.setattr(the_stack, "running_record", lambda *_: next(read))
    monkeypatch.setattr(down, "bring_home", lambda person, reason, is_known: [])
    monkeypatch.setattr(down.os, "kill", lambda pid, number: killed.append(pid))
    down.down("A. Martin", "rain")
    assert killed == signals


def test_a_stack_that_is_not_heard_needs_a_person_and_says_why(monkeypatch):
    @contextmanager
    def deaf():
        raise NoStackError("no stack is heard")
        yield

    monkeypatch.setattr(the_stack, "operator_of_the_stack", deaf)
    with pytest.raises(InputError, match="--person: is missing, and the stack is not heard: a drone may be in the air"):
        down.bring_home("", "the end", is_known=True)
    assert down.bring_home("A. Martin", "the end", is_known=True) == []
    with pytest.raises(NoStackError, match="no stack is heard"):
        down.bring_home("A. Martin", "the end", is_known=False)


@pytest.mark.parametrize(("called", "first"), [(["drone1"], "drone1 came home"), ([], "no drone is out")])
def test_a_launched_stack_only_gets_its_drones_home(monkeypatch, capsys, called, first):
    """`systemctl stop` calls this before it ends the launch."""
    monkeypatch.setattr(the_stack, "running_record", lambda *_: None)
    monkeypatch.setattr(down, "bring_home", lambda person, reason, is_known: called)
    down.down("A. Martin", "the service is stopped")
    assert capsys.readouterr().out == f"{first}; end the launched stack by Ctrl-C or systemctl stop\n"


def state(drone: str, phase: str, autopilot: str) -> SimpleNamespace:
    return SimpleNamespace(drone=drone, phase=phase, autopilot=autopilot)


@pytest.mark.parametrize(
    ("phase", "out"), [("flying", ["drone2"]), ("returning", ["drone2"]), ("authorising", []), ("done", [])]
)
def test_a_drone_that_nobody_has_heard_may_be_in_the_air_while_its_mission_flies(phase, out):
    """As after a restart of the mission manager while the radio is cut."""
    mission = SimpleNamespace(phase=phase, drones=["drone1", "drone2"])
    fleet = SimpleNamespace(drones=[state("drone1", "landed", "down")], missions=[mission])
    assert down.out_now(SimpleNamespace(fleet=fleet, statuses={})) == out


def test_a_drone_whose_order_is_refused_ends_no_wait_for_the_others(monkeypatch):
    """It is flown by hand. `systemctl stop` ends the stack as soon as this command ends."""
    ordered: list[list[str]] = []
    statuses = {"drone1": state("drone1", "en_route", "up"), "drone2": state("drone2", "idle", "up")}
    turns = iter([state("drone1", "return", "up"), state("drone1", "landed", "down")])
    operator = SimpleNamespace(
        fleet=SimpleNamespace(drones=[], missions=[]), statuses=statuses,
        spin=lambda for_s: statuses.update(drone1=next(turns)),
    )  # fmt: skip

    @contextmanager
    def heard():
        yield operator

    def answer_of(_, order, drones, by, why):
        ordered.append(list(drones))
        return "drone2" not in drones, "drone2 does not fly"

    monkeypatch.setattr(the_stack, "operator_of_the_stack", heard)
    monkeypatch.setattr(orders, "meet", lambda *_: None)
    monkeypatch.setattr(orders, "answer_of", answer_of)
    with pytest.raises(RefusedError, match="drone2 does not fly"):
        down.bring_home("A. Martin", "the end", is_known=False)
    assert statuses["drone1"].autopilot == "down" and ordered == [["drone1", "drone2"], ["drone1"], ["drone2"]]


@pytest.fixture
def landing(monkeypatch):
    """`down` for drone1, which an abort lands; `phases` are those that it shows turn by turn until it is down."""
    ordered: list[list[str]] = []

    def run(*phases: str) -> list[str]:
        statuses = {"drone1": state("drone1", "landing", "up")}
        statuses["drone1"].reason = "ordered to land by B. Pilot: a rotor sounds wrong"
        turns = iter([*(state("drone1", phase, "up") for phase in phases), state("drone1", "landed", "down")])
        operator = SimpleNamespace(
            fleet=SimpleNamespace(drones=[], missions=[]), statuses=statuses,
            spin=lambda for_s: statuses.update(drone1=next(turns)),
        )  # fmt: skip

        @contextmanager
        def heard():
            yield operator

        def answer_of(_, order, drones, by, why):
            ordered.append(list(drones))
            is_landing = statuses["drone1"].phase == "landing"
            return not is_landing, "drone1: the drone lands here: hold it first" if is_landing else ""

        monkeypatch.setattr(the_stack, "operator_of_the_stack", heard)
        monkeypatch.setattr(orders, "meet", lambda *_: None)
        monkeypatch.setattr(orders, "answer_of", answer_of)
        return down.bring_home("A. Martin", "the end", is_known=False)

    run.ordered = ordered
    return run


def test_a_drone_that_an_abort_lands_is_waited_for(landing, capsys):
    """It takes no call home: it lands where it is, and a second `down` would end the stack."""
    assert landing("landing", "landing") == [], "it did not come home"
    assert landing.ordered == [["drone1"]]
    assert capsys.readouterr().err.splitlines() == [
        "drone1 is not called home, since the drone lands on the spot: waiting for the landing"
    ]


def test_a_drone_whose_landing_is_stopped_is_called_home(landing, capsys):
    assert landing("landing", "hold", "return") == ["drone1"]
    assert landing.ordered == [["drone1"], ["drone1"]]
    assert "A. Martin calls home: drone1; the end" in capsys.readouterr().err
