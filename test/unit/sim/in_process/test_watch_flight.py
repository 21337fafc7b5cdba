"""A whole watch in one process: drones relieve each other under one gate."""

from __future__ import annotations

import pytest
from test.unit.sim.in_process.conftest import Fly, gaps, least_battery, longest_gap_s, most_looking, pictures, run

from blindspot_sim.in_process.packs import Packs


@pytest.mark.parametrize(("cameras", "longest_s"), [(1, 5.0), (2, 0.5)])
def test_drones_relieve_each_other_within_the_cap_of_cameras(watch: Fly, cameras, longest_s):
    flight = watch(cameras, watch_s=540.0)
    run(flight)
    assert [target.reliefs for target in flight.relay.targets()] == [2]
    assert most_looking(flight) == cameras
    assert longest_gap_s(flight) <= longest_s
    assert pictures(flight)[0][0] < 300.0, "the watch begins with a picture"
    assert not flight.log().violations
    assert least_battery(flight) > 0.8
    assert all(change.most == cameras for change in flight.gate.changes)


def test_the_same_seed_gives_the_same_watch_and_another_seed_another(watch: Fly):
    first, again, other = watch(), watch(), watch(seed=2)
    for flight in (first, again, other):
        run(flight, to_s=240.0)
    assert pictures(first) == pictures(again) != pictures(other)


def test_a_drone_on_its_pad_costs_nothing(watch: Fly):
    flight = watch()
    run(flight, to_s=300.0)
    assert flight.drones["drone1"].flown is not None
    assert flight.drones["drone2"].flown is None


def test_with_too_few_packs_a_gap_is_announced_before_it_begins(watch: Fly):
    flight, announced = watch(packs=Packs(30.0, spare=0, charge_s=3600.0)), []
    run(flight, lambda now: announced.append((now.now_s, now.relay.targets()[0])))
    (begins_s, length_s), *_ = [*gaps(flight, 5.0), (pictures(flight)[-1][0], 0.0)]
    short = next(at_s for at_s, target in announced if target.state == "short")
    assert short < begins_s - 60.0
    assert any(target.state == "gap" and "battery" in target.reason for _, target in announced)
    assert length_s == 0.0 and least_battery(flight) > 0.8
