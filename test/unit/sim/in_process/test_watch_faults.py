"""Hard hours of a watch, each with one fault: never a camera beyond the cap, no empty battery, and each gap has a
reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from math import inf

import pytest
from test.unit.sim.in_process.conftest import (
    Fly,
    after_s,
    gaps,
    in_overlap,
    least_battery,
    longest_gap_s,
    most_looking,
    once,
    pictures,
    run,
)

from blindspot.operations.watches import PassLook
from blindspot_sim.airframe.vehicle_config import VehicleConfig
from blindspot_sim.in_process.watch_flight import WatchFlight

HAND_OVER_S = 5.0
"""Longest pause of a hand-over without a spare camera."""
RESERVE = 0.25


class Reported:
    """The states of the target, as the relay reports them in flight."""

    def __init__(self) -> None:
        self.states: list[tuple[float, str, str]] = []

    def __call__(self, flight: WatchFlight) -> None:
        (target,) = flight.relay.targets()
        now = (target.state, target.reason)
        if not self.states or self.states[-1][1:] != now:
            self.states.append((flight.now_s, *now))

    def first_s(self, state: str, since_s: float = 0.0) -> float:
        return next(at_s for at_s, seen, _ in self.states if seen == state and at_s >= since_s)

    def why(self, state: str) -> str:
        return "; ".join(reason for _, seen, reason in self.states if seen == state)


@pytest.fixture
def reported() -> Reported:
    return Reported()


@pytest.fixture
def safe() -> Iterator[list[WatchFlight]]:
    """The watches of a test, judged at its end: the cap, the leases and the batteries."""
    flown: list[WatchFlight] = []
    yield flown
    for flight in flown:
        assert most_looking(flight) <= 1
        assert not flight.log().violations
        assert least_battery(flight) > 0.05


def drone_of(flight: WatchFlight, name: str):
    found = flight.drones[name].flown
    assert found is not None
    return found


@pytest.mark.thorough
def test_a_relief_that_fails_its_pre_flight_is_tried_again_in_time(watch: Fly, reported, safe):
    safe.append(flight := watch())
    starts = once(
        lambda now: now.drones["drone2"].flown is not None, lambda now: drone_of(now, "drone2").mavros.satellites(0)
    )
    run(flight, reported, starts, to_s=620.0)
    assert flight.drones["drone2"].turns[0].outcome == "refused"
    assert "GPS" in reported.why("short")
    assert longest_gap_s(flight) <= HAND_OVER_S


@pytest.mark.thorough
def test_a_battery_that_drains_faster_brings_the_relief_forward(watch: Fly, reported, safe):
    safe.append(flight := watch(watch_s=2400.0, dwell_s=1100.0))
    usual: Callable[[], VehicleConfig] = flight.drones["drone1"].configure

    def weak() -> VehicleConfig:
        config = usual()
        battery = replace(config.battery, hover_w=1.15 * config.battery.hover_w)
        return replace(config, battery=battery)

    flight.drones["drone1"].configure = weak
    run(flight, reported)
    first = flight.drones["drone1"].turns[0]
    assert first.ended_s - first.began_s < 1250.0, "a battery as planned lasts for 1 100 s on post"
    assert first.battery_fraction >= RESERVE - 0.02
    assert longest_gap_s(flight) <= HAND_OVER_S


@pytest.mark.parametrize(
    "delays_s",
    [
        pytest.param((), id="lost"),
        pytest.param((0.0, 0.0), id="doubled", marks=pytest.mark.thorough),
        pytest.param((5.0,), id="late", marks=pytest.mark.thorough),
    ],
)
def test_a_request_to_pass_the_look_may_be_lost_or_doubled_or_late(watch: Fly, safe, delays_s):
    safe.append(flight := watch())
    first = [delays_s]

    def arrives(act: PassLook) -> tuple[float, ...]:
        return first.pop() if act.to and act.from_ and first else (0.0,)

    flight.delays_s = arrives
    run(flight, to_s=480.0)
    assert not first and {name for _, name in pictures(flight)} == {"drone1", "drone2"}
    assert longest_gap_s(flight) <= HAND_OVER_S
    assert flight.drones["drone1"].turns[0].outcome == "returned"


@pytest.mark.parametrize(
    ("dead_s", "longest_s", "to_s"),
    [
        pytest.param(2.0, 12.0, inf, marks=pytest.mark.thorough),
        pytest.param(20.0, 32.0, inf, marks=pytest.mark.thorough),
        (20.0, 32.0, 480.0),
    ],
)
def test_a_gate_that_dies_in_the_overlap_and_is_back_clears_the_drones_again_and_the_watch_goes_on(
    watch: Fly, reported, safe, dead_s, longest_s, to_s
):
    safe.append(flight := watch())
    died_s: list[float] = []
    dies = once(in_overlap, lambda now: (now.kill_gate(), died_s.append(now.now_s)))
    back = once(lambda now: bool(died_s) and now.now_s >= died_s[0] + dead_s, lambda now: now.start_gate())
    run(flight, reported, dies, back, to_s=to_s)
    ((begins_s, length_s),) = gaps(flight, HAND_OVER_S)
    assert died_s[0] - 0.5 <= begins_s <= died_s[0] + 3.0
    assert length_s <= longest_s
    assert "waits for the right to look" in reported.why("gap")
    shown = pictures(flight)
    begins_s = [at_s for (_, before), (at_s, after) in pairwise(shown) if before != after]
    assert all(b - a > 60.0 for a, b in pairwise([*begins_s, shown[-1][0]])), "the right does not go to and fro"


@pytest.mark.thorough
def test_a_relief_whose_camera_freezes_gives_the_look_back(watch: Fly, reported, safe):
    safe.append(flight := watch())

    def freeze(now: WatchFlight) -> None:
        drone_of(now, "drone2").camera_lost_s = now.now_s + 1.0

    run(flight, reported, once(lambda now: now.drones["drone2"].has_right, freeze), to_s=460.0)
    ((_, length_s),) = gaps(flight, HAND_OVER_S)
    assert length_s <= 12.0
    assert "drone2 is on post without a picture" in reported.why("gap")
    assert pictures(flight)[-1][1] == "drone1"
    assert reported.first_s("short") < 400.0, "the end of drone1's post is near, and no other camera works"


@pytest.mark.thorough
def test_wind_that_grows_costs_no_picture(watch: Fly, safe):
    safe.append(flight := watch())

    def blow(now: WatchFlight) -> None:
        for drone in now.drones.values():
            if drone.flown is not None:
                drone.flown.mavros.wind(6.6, 2.4)

    run(flight, once(after_s(350.0), blow), once(after_s(560.0), blow), once(after_s(720.0), blow))
    assert longest_gap_s(flight) <= HAND_OVER_S
    assert all(turn.outcome in ("returned", "completed") for drone in flight.drones.values() for turn in drone.turns)


@pytest.mark.thorough
def test_an_autopilot_that_returns_by_itself_in_the_overlap_leaves_the_look_to_the_relief(watch: Fly, safe):
    safe.append(flight := watch())
    run(flight, once(in_overlap, lambda now: drone_of(now, "drone1").mavros.drain_battery(0.14)), to_s=480.0)
    (turn,) = flight.drones["drone1"].turns
    assert "autopilot's own failsafe" in turn.reason
    assert longest_gap_s(flight) <= HAND_OVER_S
    assert pictures(flight)[-1][1] == "drone2"


@pytest.mark.thorough
def test_a_hold_of_the_looking_drone_begins_its_time_on_post_anew(watch: Fly, reported, safe):
    safe.append(flight := watch())
    hold = once(after_s(240.0), lambda now: drone_of(now, "drone1").flight.hold("held by A. Martin"))
    resume = once(after_s(340.0), lambda now: drone_of(now, "drone1").flight.resume("A. Martin"))
    run(flight, reported, hold, resume, to_s=560.0)
    ((begins_s, length_s),) = gaps(flight, 3.0)
    assert (begins_s, length_s) == (pytest.approx(240.0, abs=0.5), pytest.approx(100.5, abs=1.5))
    assert "drone1 holds (held by A. Martin)" in reported.why("gap")
    # On post since 222 s and for 240 s: without a new beginning PX4 leaves the post at 463 s.
    assert next(name for at_s, name in pictures(flight) if 475.0 < at_s < 476.0) == "drone1"
    assert pictures(flight)[-1][1] == "drone2"


@pytest.mark.thorough
def test_the_end_of_the_slot_ends_the_look_and_brings_the_drone_on_post_home(watch: Fly, reported, safe):
    safe.append(flight := watch(slot_ends="14:06"))
    slot_ends_s = 660.0
    hold = once(after_s(400.0), lambda now: drone_of(now, "drone1").flight.hold("held by A. Martin"))
    resume = once(after_s(440.0), lambda now: drone_of(now, "drone1").flight.resume("A. Martin"))
    run(flight, reported, hold, resume, to_s=800.0)
    assert slot_ends_s - 2.0 <= pictures(flight)[-1][0] <= slot_ends_s
    (turn,) = flight.drones["drone1"].turns
    assert (turn.outcome, turn.reason) == ("returned", "the lease is gone")
    assert "TIM-03" in reported.why("short") and "TIM-03" in reported.why("gap")


@pytest.mark.thorough
def test_while_a_silent_drone_may_be_in_the_air_no_relief_starts_and_the_gap_says_so(watch: Fly, reported, safe):
    safe.append(flight := watch())

    def radio(cut: bool) -> Callable[[WatchFlight], None]:
        return lambda now: setattr(now.drones["drone1"], "radio_lost_s", now.now_s if cut else float("inf"))

    run(flight, reported, once(after_s(300.0), radio(True)), once(after_s(420.0), radio(False)), to_s=640.0)
    ((begins_s, _),) = gaps(flight, HAND_OVER_S)
    assert begins_s <= 303.0, "the last lease with the right lasts for 3 s"
    assert reported.first_s("gap") - begins_s <= 5.0
    assert "drone1 may be in the air and is not heard" in reported.why("gap")
    assert flight.drones["drone1"].turns[0].reason == "the ground station is lost"
    assert pictures(flight)[-1][1] in ("drone1", "drone2")


@pytest.mark.thorough
def test_a_swap_that_nobody_confirms_leaves_a_gap_that_is_announced(watch: Fly, reported, safe):
    safe.append(flight := watch())
    flight.packs.forgotten = ("drone1",)
    run(flight, reported)
    ((begins_s, _),) = gaps(flight, HAND_OVER_S)
    assert reported.first_s("short", 500.0) <= begins_s - 60.0
    assert "drone1 waits for a fresh battery" in reported.why("gap")
    assert len(flight.drones["drone1"].turns) == 1 and len(flight.drones["drone2"].turns) == 2


@pytest.mark.thorough
def test_two_returns_in_the_same_second_bring_both_home_and_the_watch_goes_on(watch: Fly, reported, safe):
    safe.append(flight := watch())

    def both_home(now: WatchFlight) -> None:
        for drone in now.drones.values():
            drone.leave("called home by A. Martin", now.now_s)

    run(flight, reported, once(in_overlap, both_home), to_s=600.0)
    ((_, length_s),) = gaps(flight, HAND_OVER_S)
    assert 60.0 < length_s < 180.0
    assert reported.why("gap").count("called home by A. Martin") >= 2
    assert reported.first_s("watched", 500.0) < 600.0


def test_a_drone_in_the_air_without_a_clearance_keeps_the_relief_on_its_pad(watch: Fly, reported, safe):
    safe.append(flight := watch())
    run(flight, reported, once(after_s(300.0), lambda now: setattr(now, "strays", frozenset({"drone9"}))), to_s=560.0)
    assert not flight.drones["drone2"].turns and flight.drones["drone2"].flown is None
    assert "drone9 is in the air without a clearance" in reported.why("short")
    assert "drone9 is in the air without a clearance" in reported.why("gap")
    assert reported.first_s("short") < 360.0 < reported.first_s("gap")
