"""Progress of long work."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from blindspot.core import progress
from blindspot.core.progress import LINE_EVERY_S, progress_of, without_progress


@pytest.fixture
def clock(monkeypatch):
    """Sets the steady clock, s."""
    now_s = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now_s[0])
    return lambda since_s: now_s.__setitem__(0, 100.0 + since_s)


def test_short_work_prints_nothing_into_a_log(clock, capsys):
    with progress_of("planning") as report:
        clock(LINE_EVERY_S - 1)
        report("tours", 1, 4)
    assert capsys.readouterr().err == ""


def test_long_work_prints_phase_share_and_time_left_at_a_bounded_rate(clock, capsys):
    with progress_of("planning") as report:
        report("tours", 0, 4)
        clock(20)
        report("tours", 1, 4)
        clock(21)
        report("tours", 2, 4)
        clock(40)
        report("routes", 0, None)
    assert capsys.readouterr().err.splitlines() == [
        "progress: planning: tours, 25 %, about 60 s left",
        "progress: planning: routes",
    ]


def test_a_terminal_shows_a_bar_with_phase_and_share(monkeypatch):
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=100)
    monkeypatch.setattr("rich.console.Console", lambda **_: terminal)
    with progress_of("planning") as report:
        report("tours", 1, 4)
        terminal.print()  # draws the bar above
    assert "planning: tours" in shown.getvalue()
    assert "25%" in shown.getvalue()


def test_programs_drop_the_lines_of_progress():
    assert without_progress("progress: planning: tours\ndrone2 gets no route\n") == "drone2 gets no route"
