"""`dispatch --instead`: the patrol comes home in the name of the person, and nothing takes off before it is over."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import typer

from blindspot.cli.operate import instead, orders
from blindspot.core import RefusedError


class Stack:
    """A patrol that is over at a simulated time."""

    def __init__(self, home_s: float, success: bool = True) -> None:
        self.asked, self.sim_s, self._home_s = [], 100.0, home_s
        answer = SimpleNamespace(success=success, message="the mission manager refuses")
        self.orders = SimpleNamespace(is_ready=True, send=lambda *words, **_: self._sent(words, answer))

    def _sent(self, words, answer):
        self.asked.append(words)
        return SimpleNamespace(done=lambda: True, result=lambda: answer)

    @property
    def fleet(self):
        phase = "returning" if self.sim_s < self._home_s else "done"
        own = SimpleNamespace(run="run", mission="Evening", phase=phase)
        return SimpleNamespace(missions=[own, SimpleNamespace(run="other", mission="Other", phase="flying")])

    def spin(self, _):
        self.sim_s += 5.0


@pytest.fixture
def called(monkeypatch):
    monkeypatch.setattr(orders, "LEAST_WALL_S", 0.0)
    monkeypatch.setattr(instead, "meet", lambda *_: None)

    def called(stack):
        @contextmanager
        def here():
            yield stack

        monkeypatch.setattr(instead, "operator_of_the_stack", here)
        instead.call_home_first({"run": ("drone2", "drone1")}, "A. Martin", "smoke")

    return called


def test_its_drones_are_called_home_and_awaited(called, capsys):
    stack = Stack(home_s=190.0)
    called(stack)
    assert stack.asked == [("return_home", ["drone1", "drone2"], "A. Martin", "smoke")] and stack.sim_s >= 190.0
    assert capsys.readouterr().err == "A. Martin calls home: drone1, drone2; smoke\n"


def test_a_patrol_that_does_not_come_home_lets_nothing_take_off(called, capsys):
    with pytest.raises(typer.Exit) as end:
        called(Stack(home_s=1e9))
    assert end.value.exit_code == 4 and "not home: Evening; no drone takes off" in capsys.readouterr().err


def test_an_order_that_is_not_taken_lets_nothing_take_off(called):
    with pytest.raises(RefusedError, match="the mission manager refuses"):
        called(Stack(home_s=0.0, success=False))
