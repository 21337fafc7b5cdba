"""The state of a stack, as `blindspot status` prints it and writes it as JSON."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from rich.console import Console

from blindspot.cli.operate.status import drones_table, missions_table
from blindspot.cli.operate.the_stack import drone_state, mission_state


@pytest.mark.parametrize(
    ("share", "number", "printed"),
    [(0.9996, 0.999, "99 %"), (1.0, 1.0, "100 %"), (0.0, 0.0, "0 %"), (math.nan, None, "")],
)
def test_a_share_is_rounded_down_so_that_a_part_never_reads_as_the_whole(share, number, printed):
    words = dict.fromkeys(("run", "mission", "plan", "phase", "outcome", "person", "reason", "drone", "autopilot"), "x")
    mission = mission_state(SimpleNamespace(**words, elapsed_s=1.0, seen_blind_fraction=share, drones=["drone1"]))
    drone = drone_state(
        SimpleNamespace(
            **words, position=SimpleNamespace(x=0.0, y=0.0, z=0.0), battery_fraction=share, route_fraction=share,
            sensor_inhibited=False,
        )
    )  # fmt: skip
    assert mission["seen_blind_fraction"] == drone["battery_fraction"] == drone["route_fraction"] == number
    console = Console(width=200, color_system=None)
    for table in (missions_table([mission]), drones_table([drone])):
        with console.capture() as shown:
            console.print(table)
        assert printed in shown.get()
