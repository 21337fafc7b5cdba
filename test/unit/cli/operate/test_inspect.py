"""`blindspot inspect` prints each state of an inspection until it is flown or refused, with the drone's name."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pytest

from blindspot.cli.operate import inspect, orders
from blindspot.core.errors import InputError
from blindspot.flight.control import Inspection
from blindspot.mission.plan import Aim, Point

ORDER = Inspection(
    "A. Martin", Point(east_m=10.0, north_m=20.0, up_m=60.0), Aim(heading_deg=90.0, pitch_deg=-60.0), 20.0, "a noise"
)
WHY = "A. Martin inspects 10 m east, 20 m north: a noise"


def status(phase: str, inspection: str, at_s: int, reason: str = WHY):
    return SimpleNamespace(
        header=SimpleNamespace(stamp=at_s), drone="drone1", phase=phase, reason=reason, inspection=inspection,
        hold_ends_s=90.0 if phase == "hold" else math.nan, autopilot="up",
    )  # fmt: skip


class Scripted:
    """A stack that takes the order, and then shows one status with each turn."""

    def __init__(self, *states, message: str = "sent to drone1", success: bool = True) -> None:
        self.fleet = SimpleNamespace(simulated=True, drones=[])
        self.statuses = {"drone1": status("en_route", "", 0, "")}
        self.sim_s = 0.0
        answer = SimpleNamespace(success=success, message=message)
        self.orders = SimpleNamespace(
            is_ready=True,
            send=lambda *_, **__: SimpleNamespace(done=lambda: True, result=lambda: answer),
        )
        self._states = iter(enumerate(states, start=1))

    def spin(self, _: float) -> None:
        self.sim_s += 0.5
        if (shown := next(self._states, None)) is not None:
            at_s, (phase, inspection, *why) = shown
            self.statuses = {"drone1": status(phase, inspection, at_s, *why)}


def test_each_state_is_told_and_then_the_next_step(capsys):
    stack = Scripted(("hold", "accepted"), ("hold", "waiting for the gate"), ("inspect", "flying"))
    assert inspect.send_inspection(stack, "drone1", ORDER, as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        "accepted: drone1 stops and holds",
        "waiting for the gate: it judges the way, and drone1 holds",
        "A. Martin sends to inspect: drone1 (inspect); a noise",
        "drone1 flies to the viewpoint, looks for 20 s, flies back and holds: then resume it, or call it home",
    ]


def test_a_way_that_the_gate_refuses_is_a_refusal_with_its_reason_and_the_end_of_the_hold(capsys):
    stack = Scripted(("hold", "waiting for the gate"), ("hold", "refused", f"{WHY}; 12 m from a building"))
    assert inspect.send_inspection(stack, "drone1", ORDER, as_json=False) == 3
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        f"refused: drone1 is not sent: {WHY}; 12 m from a building",
        "drone1 comes home by itself after 90 s of simulated time, unless you resume it before",
    ]
    assert "sends to inspect" not in said.out


def test_an_order_that_the_drone_does_not_take_names_it(capsys):
    stack = Scripted(success=False, message="drone1 climbs: ask again on the route")
    assert inspect.send_inspection(stack, "drone1", ORDER, as_json=True) == 3
    said = json.loads(capsys.readouterr().out)
    assert (said["success"], said["confirmed"]) == (False, False) and "drone1 climbs" in said["message"]


def test_a_gate_without_an_answer_is_not_confirmed_and_says_where_it_stands(capsys, monkeypatch):
    monkeypatch.setattr(orders, "LEAST_WALL_S", 0.0)
    stack = Scripted(("hold", "waiting for the gate"))
    assert inspect.send_inspection(stack, "drone1", ORDER, as_json=False) == 4
    said = capsys.readouterr()
    assert f"not confirmed: drone1 (hold {WHY})" in said.err
    assert "A. Martin sends to inspect: drone1; a noise" in said.out and "see blindspot status" in said.out


@pytest.mark.parametrize(
    ("phase", "says"),
    [("takeoff", "climbs"), ("inspect", "inspects already"), ("return", "comes home"), ("idle", "does not fly")],
)
def test_a_drone_that_does_not_fly_its_route_is_refused_in_words(phase, says):
    with pytest.raises(InputError, match=says):
        inspect.flown_now(SimpleNamespace(statuses={"drone1": status(phase, "", 0)}), "drone1")
