"""`blindspot status` by the socket of the stack: it shows what the stack answers, and `--watch` ends in order."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.cli.operate import status
from blindspot.cli.sessions.the_stack import NoStackError
from blindspot.nodes.orders import local_orders
from blindspot.stack import stack_record

DRONE = {
    "drone": "drone1", "run": "", "phase": "hold", "reason": "held by A. Martin", "inspection": "", "outcome": "",
    "autopilot": "up", "hold_ends_s": 90.0, "battery_fraction": 0.5, "route_fraction": 0.4, "east_m": 1.0,
    "north_m": 2.0, "up_m": 3.0, "sensor_inhibited": True,
}  # fmt: skip


@pytest.fixture
def stack(monkeypatch, tmp_path):
    """The answers of a stack, one for each question; then none."""
    answers: list[dict[str, object]] = []
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path))
    monkeypatch.setattr(local_orders, "ask_status", lambda _: answers.pop(0) if answers else None)
    monkeypatch.setattr(stack_record, "read_stack_record", lambda _: None)
    monkeypatch.setattr(status.time, "sleep", lambda _: None)

    def says(*holds_s: float) -> None:
        answers.extend(
            {
                "simulated": True, "fleet": "fleet.yaml", "stack_dir": "runs/1", "missions": [],
                "drones": [DRONE | {"hold_ends_s": ends_s}], "lost_nodes": [], "notices": [], "watched": [],
            }
            for ends_s in holds_s
        )  # fmt: skip

    return says


def run(*words: str):
    return CliRunner().invoke(app("status"), ["status", *words], catch_exceptions=False)


def test_it_shows_the_answer_of_the_stack(stack):
    stack(90.0)
    shown = run()
    assert shown.exit_code == 0
    assert "ready: SIMULATED stack of fleet.yaml, files in runs/1" in shown.stdout
    assert "hold, comes home in 90 s" in shown.stdout


def test_a_watch_shows_each_answer_and_ends_with_the_stack(stack):
    stack(90.0, 89.0, 88.0)
    with pytest.raises(NoStackError, match="the stack has ended"):
        run("--watch")


def test_ctrl_c_ends_a_watch_in_order(stack, monkeypatch):
    stack(90.0, 89.0, 88.0)
    turns = iter(range(2))

    def interrupted(_: float) -> None:
        if next(turns, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(status.time, "sleep", interrupted)
    shown = run("--watch")
    assert shown.exit_code == 0
    assert [f"in {seconds} s" in shown.stdout for seconds in (90, 89, 88)] == [True] * 3
