"""The simulated battery pack: a person changes it after a time on the ground."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot_sim.airframe.vehicle_config import BatteryConfig
from blindspot_sim.autopilot.battery import Battery

SWAPPED = BatteryConfig(swap_s=20.0)


def rest(battery: Battery, for_s: int, *, spinning: bool = False) -> None:
    for _ in range(for_s):
        battery.rest(1.0, spinning=spinning)


def test_after_the_time_of_a_swap_with_motors_off_the_pack_is_full():
    battery = Battery(SWAPPED)
    for _ in range(600):
        battery.fly(1.0, 5.0, 0.0)
    rest(battery, 19)
    assert battery.fraction < 0.8
    rest(battery, 2)
    assert battery.fraction > 0.999


@pytest.mark.parametrize("disturbed", ["motors", "flight", "drain"])
def test_the_time_of_a_swap_begins_anew_with_the_motors_and_with_a_fault(disturbed):
    battery = Battery(SWAPPED)
    battery.drain_to(0.5)
    rest(battery, 15)
    if disturbed == "motors":
        rest(battery, 1, spinning=True)
    elif disturbed == "flight":
        battery.fly(1.0, 5.0, 0.0)
    else:
        battery.drain_to(0.4)
    rest(battery, 15)
    assert battery.fraction <= 0.5


def test_nobody_changes_a_pack_unless_the_configuration_says_so():
    battery = Battery(replace(SWAPPED, swap_s=BatteryConfig().swap_s))
    battery.drain_to(0.5)
    rest(battery, 100_000)
    assert battery.fraction <= 0.5
