"""The relay of a watch: who starts, who looks, who leaves."""

from __future__ import annotations

import pytest

from blindspot.operations.watches import DroneNow, Leave, PassLook, Relay, Start

STARTS_S, ENDS_S = 3600.0, 18_000.0
READY = DroneNow("ready", 0.0, 1.0)


@pytest.fixture
def relay(pair):
    return Relay(pair, starts_s=STARTS_S, ends_s=ENDS_S, cap=2, overlap_s=15.0, swap_s=180.0)


def looks(since_s: float, battery: float = 0.9) -> DroneNow:
    return DroneNow("on_post", since_s, battery, 0.0, has_right=True, looks=True, inhibited=False)


def test_the_first_drone_starts_in_time_to_look_at_the_beginning(relay, pair):
    lead_s = 45.0 + pair[0].way_s + 15.0 + 30.0
    assert relay.step(STARTS_S - lead_s - 0.1, {"drone1": READY, "drone2": READY}) == ()
    assert relay.step(STARTS_S - lead_s, {"drone1": READY, "drone2": READY}) == (Start("drone1"),)


def test_an_order_to_start_is_repeated_for_the_same_drone_alone(relay):
    both = {"drone1": READY, "drone2": READY}
    acts = [act for tenth in range(200) for act in relay.step(STARTS_S + tenth / 10, both)]
    assert acts == [Start("drone1")] * 4


def test_the_relief_gets_the_right_and_then_the_other_drone_leaves(relay):
    arrived = DroneNow("on_post", 5000.0, 0.97, 0.0)
    relay.step(4999.9, {"drone1": looks(4000.0, 0.5), "drone2": DroneNow("under_way", 4940.0, 0.98)})
    first = relay.step(5000.0, {"drone1": looks(4000.0, 0.5), "drone2": arrived})
    relay.step(5001.0, {"drone1": DroneNow("on_post", 4000.0, 0.5, 0.0), "drone2": looks(5000.0)})
    assert first == (PassLook("drone2", "drone1"),)
    relieved = {"drone1": DroneNow("on_post", 4000.0, 0.5, 0.0), "drone2": looks(5000.0)}
    assert relay.step(5015.9, relieved) == ()
    assert relay.step(5016.0, relieved) == (Leave("drone1"),)
    assert relay.targets()[0].reliefs == 1
