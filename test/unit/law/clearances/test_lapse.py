"""A clearance that nobody gives back ends by itself, and never while a drone prepares or flies."""

from __future__ import annotations

import pytest

from blindspot.law.clearances.lapse import DOWN_S, IDLE_S, LANDED_S, Lapse

BOTH = ("drone1", "drone2")


@pytest.fixture
def lapse():
    return Lapse()


def watch(lapse, begin_s, end_s, *, up=(), down=()):
    """The first reason in this span, looked for twice a second."""
    for half_s in range(round(2 * begin_s), round(2 * end_s) + 1):
        if reason := lapse.why(BOTH, up, down, half_s / 2):
            return half_s / 2, reason
    return None


def test_a_flight_that_has_ended_ends_its_clearance_after_a_while_on_the_ground(lapse):
    assert watch(lapse, 0, 10, down=BOTH) is None
    assert watch(lapse, 10, 1500, up=BOTH) is None
    assert watch(lapse, 1500, 1600, down=BOTH) == (1500 + DOWN_S, f"its drones have been down for {DOWN_S:g} s, "
                                                   "and nobody gave it back")  # fmt: skip


def test_one_drone_that_is_not_heard_or_flies_keeps_it(lapse):
    watch(lapse, 0, 100, up=BOTH)
    assert watch(lapse, 100, 200, down=("drone1",)) is None
    assert watch(lapse, 200, 1000, up=("drone2",), down=("drone1",)) is None
    assert watch(lapse, 1000, 1100, down=BOTH) is not None


def test_a_drone_that_has_not_flown_yet_keeps_it_for_as_long_as_a_wait_may_last(lapse):
    """The second drone may take off after the landing of the first."""
    watch(lapse, 0, 100, up=("drone1",), down=("drone2",))
    assert watch(lapse, 100.5, 99 + IDLE_S, down=BOTH) is None
    ended_s, reason = watch(lapse, 99 + IDLE_S, 200 + IDLE_S, down=BOTH)
    assert ended_s == 100 + IDLE_S and "no drone of it was armed for 10 min" in reason


def test_a_bounce_or_another_start_begins_the_wait_on_the_ground_anew(lapse):
    watch(lapse, 0, 100, up=BOTH)
    assert watch(lapse, 100, 99 + DOWN_S, down=BOTH) is None
    assert watch(lapse, 130, 131, up=("drone1",), down=("drone2",)) is None
    assert watch(lapse, 131.5, 131 + DOWN_S, down=BOTH) is None


@pytest.mark.parametrize("down", [(), BOTH])
def test_a_plan_that_is_not_flown_ends_whether_its_drones_are_heard_or_not(lapse, down):
    assert watch(lapse, 0, 10 * IDLE_S, down=down)[0] == IDLE_S


def test_a_permitted_arming_counts_before_the_drone_is_seen_armed(lapse):
    """The last moment of a long pre-flight."""
    assert watch(lapse, 0, IDLE_S - 1, down=BOTH) is None
    lapse.arms(IDLE_S - 0.5)
    assert watch(lapse, IDLE_S, IDLE_S + 5, down=BOTH) is None
    assert watch(lapse, IDLE_S + 5, 3 * IDLE_S, up=BOTH) is None


def test_a_drone_that_flew_has_landed_after_a_moment_on_the_ground_for_good(lapse):
    watch(lapse, 0, 10, down=BOTH)
    watch(lapse, 10, 100, up=("drone1",), down=("drone2",))
    watch(lapse, 100, 99.5 + LANDED_S, up=("drone2",), down=("drone1",))
    assert lapse.landed == set()
    watch(lapse, 100 + LANDED_S, 100 + LANDED_S, up=("drone2",), down=("drone1",))
    assert lapse.landed == {"drone1"}
    watch(lapse, 110, 120, up=BOTH)
    assert lapse.landed == {"drone1"}, "somebody else has armed it"


def test_a_bounce_is_no_landing(lapse):
    watch(lapse, 0, 10, up=BOTH)
    for begin_s in (10, 20, 30):
        watch(lapse, begin_s, begin_s + LANDED_S - 0.5, down=BOTH)
        watch(lapse, begin_s + LANDED_S, begin_s + LANDED_S, up=BOTH)
    assert lapse.landed == set()


def test_a_drone_that_stands_when_its_plan_is_cleared_anew_in_flight_has_landed(lapse):
    """The authority was started again."""
    lapse.why(BOTH, ("drone2",), ("drone1",), 0.0)
    assert lapse.landed == {"drone1"}
