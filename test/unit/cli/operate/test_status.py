"""The state of a stack, as `blindspot status` prints it and writes it as JSON."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from rich.console import Console

from blindspot.cli.operate.status import drones_table, missions_table
from blindspot.cli.parts.targets import targets_table
from blindspot.nodes.clients import drone_state, mission_state


@pytest.mark.parametrize(
    ("share", "number", "printed"),
    [(0.9996, 0.999, "99 %"), (1.0, 1.0, "100 %"), (0.0, 0.0, "0 %"), (math.nan, None, "")],
)
def test_a_share_is_rounded_down_so_that_a_part_never_reads_as_the_whole(share, number, printed):
    words = dict.fromkeys(("run", "mission", "plan", "phase", "outcome", "person", "reason", "drone", "autopilot"), "x")
    mission = mission_state(
        SimpleNamespace(**words, elapsed_s=1.0, seen_blind_fraction=share, drones=["drone1"], watch=[])
    )
    drone = drone_state(
        SimpleNamespace(
            **words, position=SimpleNamespace(x=0.0, y=0.0, z=0.0), battery_fraction=share, route_fraction=share,
            sensor_inhibited=False, inspection="", hold_ends_s=math.nan,
        )
    )  # fmt: skip
    assert mission["seen_blind_fraction"] == drone["battery_fraction"] == drone["route_fraction"] == number
    console = Console(width=200, color_system=None)
    for table in (missions_table([mission]), drones_table([drone])):
        with console.capture() as shown:
            console.print(table)
        assert printed in shown.get()


@pytest.mark.parametrize(
    ("phase", "ends_s", "number", "state"),
    [
        ("hold", 95.25, 95.25, "hold, comes home in 95 s"), ("hold", math.inf, None, "hold "),
        ("preflight", 20.0, 20.0, "preflight, flight ends in 20 s"), ("return", math.nan, None, "return "),
    ],
)  # fmt: skip
def test_the_end_of_a_hold_is_counted_down_in_table_and_json(phase, ends_s, number, state):
    words = dict.fromkeys(("drone", "run", "outcome", "autopilot", "reason", "inspection"), "x")
    drone = drone_state(
        SimpleNamespace(
            **words, phase=phase, position=SimpleNamespace(x=0.0, y=0.0, z=0.0), battery_fraction=0.5,
            route_fraction=0.5, sensor_inhibited=False, hold_ends_s=ends_s,
        )
    )  # fmt: skip
    assert drone["hold_ends_s"] == number
    console = Console(width=200, color_system=None)
    with console.capture() as shown:
        console.print(drones_table([drone]))
    assert state in shown.get()


def test_a_watch_shows_who_looks_and_when_the_relief_starts():
    words = dict.fromkeys(("run", "mission", "plan", "phase", "outcome", "person", "reason"), "")
    target = SimpleNamespace(
        target="stage", state="watched", looking="drone1", due_s=420.4, gap_s=0.0, reason="", reliefs=3
    )
    gap = SimpleNamespace(
        target="gate", state="gap", looking="", due_s=math.nan, gap_s=12.0, reason="drone3 flies home", reliefs=0
    )
    mission = SimpleNamespace(
        **words, elapsed_s=1.0, seen_blind_fraction=math.nan, drones=["drone1"], watch=[target, gap]
    )
    state = mission_state(mission)["watch"]
    assert (state["stage"]["looking"], state["stage"]["due_s"], state["stage"]["reliefs"]) == ("drone1", 420.4, 3)
    assert (state["gate"]["due_s"], state["gate"]["gap_s"]) == (None, 12.0)
    console = Console(width=200, color_system=None)
    with console.capture() as shown:
        console.print(targets_table([state]))
    for words in ("drone1", "in 420 s", "gap for 12 s", "drone3 flies home"):
        assert words in shown.get()
