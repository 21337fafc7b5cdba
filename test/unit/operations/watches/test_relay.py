"""The relay of a watch: who starts, who looks, who leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from blindspot.operations.watches import Act, DroneNow, Leave, PassLook, Relay, Start, lead_s
from blindspot.operations.watches.exchange import TargetStatus

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


def waits(since_s: float, battery: float = 0.9) -> DroneNow:
    """On post with a clearance, without the right to look."""
    return DroneNow("on_post", since_s, battery, 0.0)


def acts_of(relay: Relay, times_s: Iterable[float], **drones: DroneNow) -> list[Act]:
    return [act for now_s in times_s for act in relay.step(now_s, drones)]


def test_of_two_posts_that_begin_anew_together_one_drone_goes_home_in_time_to_come_back(relay):
    held = DroneNow("holding", 5010.0, 0.6, 0.0, cleared=False)
    acts_of(relay, [5000.0], drone1=waits(4000.0, 0.6), drone2=waits(4500.0, 0.6))
    acts_of(relay, tenths(5010.0, 20.0), drone1=held, drone2=held)
    acts_of(relay, tenths(5030.0, 2.0), drone1=looks(5030.0, 0.6), drone2=held)
    again = acts_of(relay, tenths(5032.0, 25.0), drone1=looks(5030.0, 0.6), drone2=waits(5032.0, 0.6))
    assert again == [Leave("drone2")] * 3, "an order without effect is repeated"


def test_a_late_lease_takes_the_look_from_nobody_and_a_lost_clearance_does(relay):
    pair = {"drone1": looks(4000.0, 0.5), "drone2": waits(4000.0, 0.5)}
    acts_of(relay, [4999.9], drone1=pair["drone1"])
    assert acts_of(relay, [5000.0], **pair) == []
    late = replace(pair["drone1"], cleared=False, has_right=False, looks=False)
    assert acts_of(relay, tenths(5000.1, 4.0), **pair | {"drone1": late}) == []
    assert acts_of(relay, [5004.1], **pair) == []
    lost = acts_of(relay, tenths(5005.0, 6.0), **pair | {"drone1": late})
    assert lost == [PassLook("drone2", "")]


def test_a_camera_is_dark_by_the_clock_and_by_steps_since_a_fast_simulation_counts_faster_than_messages_travel(relay):
    acts_of(relay, [5000.0], drone1=looks(4000.0, 0.5), drone2=DroneNow("under_way", 4940.0, 0.98))
    blind = {"drone1": waits(4000.0, 0.5), "drone2": replace(looks(5001.0), looks=False)}
    assert acts_of(relay, map(float, range(5001, 5020)), **blind) == []
    assert PassLook("drone1", "drone2") in acts_of(relay, map(float, range(5020, 5024)), **blind)


def state_at(relay: Relay, now_s: float, **drones: DroneNow) -> TargetStatus:
    relay.step(now_s, drones)
    return relay.targets()[0]


def test_a_watch_begins_at_its_start_and_a_first_drone_that_comes_late_is_announced_before(relay, pair):
    leaves = DroneNow("under_way", STARTS_S - 40.0 - pair[0].way_s, 1.0)
    in_time = state_at(relay, STARTS_S - 60.0, drone1=leaves, drone2=READY)
    assert (in_time.state, in_time.gap_s, in_time.reason) == ("before", 0.0, "")
    late = state_at(relay, STARTS_S - 30.0, drone1=leaves, drone2=READY)
    assert (late.state, late.gap_s) == ("before", 30.0) and "drone1 is on its way" in late.reason
    early = state_at(relay, STARTS_S - 1.0, drone1=looks(STARTS_S - 2.0), drone2=READY)
    assert (early.state, early.looking) == ("before", "drone1"), "a drone that looks early begins no watch"
    assert state_at(relay, STARTS_S, drone1=looks(STARTS_S - 2.0), drone2=READY).state == "watched"


def test_the_first_drone_starts_within_seconds_of_an_order_whose_watch_begins_after_the_lead(pair):
    begins_s = 1000.0 + lead_s(pair, 15.0)
    relay = Relay(pair, starts_s=begins_s, ends_s=ENDS_S, cap=1, overlap_s=15.0, swap_s=180.0)
    assert acts_of(relay, tenths(1000.0, 5.2), drone1=READY, drone2=READY) == [Start("drone1")]
    assert state_at(relay, 1005.2, drone1=READY, drone2=READY).state == "before"


def test_the_begin_moves_with_the_first_clearance_of_a_simulation(relay):
    relay.begin(STARTS_S + 500.0, ENDS_S + 500.0)
    assert state_at(relay, STARTS_S + 499.0, drone1=READY, drone2=READY).state == "before"
    assert state_at(relay, STARTS_S + 510.0, drone1=READY, drone2=READY).gap_s == pytest.approx(10.0)


def test_a_relay_that_goes_on_in_the_midst_counts_a_gap_from_its_own_first_step(relay):
    out = DroneNow("out", 4000.0)
    state_at(relay, 5000.0, drone1=out, drone2=out)
    assert state_at(relay, 5007.0, drone1=out, drone2=out).gap_s == pytest.approx(7.0)


def tenths(from_s: float, seconds: float) -> list[float]:
    return [from_s + tenth / 10 for tenth in range(round(10 * seconds))]
