import itertools

import numpy as np
import pytest

from blindspot.vision.events.episodes import Episodes, Held, Stage
from blindspot.vision.events.settings import EventLimits

HELD = Held(1.0, 2.0, np.eye(2), (7,), "yard")


def played(rule, *pictures):
    """The reports for each picture, given (time, holds, is refuted)."""
    episodes = Episodes("zone_entered", rule, itertools.count(1).__next__)
    reported = [episodes.update(t, {"a": HELD} if holds else {}, {"a"} if no else set()) for t, holds, no in pictures]
    return [[(event.number, event.stage) for event in events] for events in reported]


def test_it_begins_after_time_and_pictures_goes_on_and_ends():
    rule = EventLimits(inertia_s=0.4, inertia_pictures=3, cooling_s=1.0)
    reported = played(rule, *((t, t <= 1.0, t > 1.0) for t in (0.0, 0.2, 0.4, 0.6, 1.0, 1.5, 2.1, 2.5)))
    assert reported == [[], [], [(1, Stage.NEW)], [(1, Stage.UPDATE)], [(1, Stage.UPDATE)], [], [(1, Stage.END)], []]


def test_time_alone_is_not_enough():
    rule = EventLimits(inertia_s=0.0, inertia_pictures=3, cooling_s=5.0)
    assert played(rule, (0, True, False), (4, True, False), (8, True, False))[-1] == [(1, Stage.NEW)]


def test_an_episode_refuted_before_its_event_starts_over():
    rule = EventLimits(inertia_s=0.4, inertia_pictures=1, cooling_s=5.0)
    reported = played(rule, (0.0, True, False), (0.2, False, True), (0.4, True, False), (0.8, True, False))
    assert reported == [[], [], [], [(1, Stage.NEW)]]


def test_unknown_findings_interrupt_no_event():
    rule = EventLimits(inertia_s=0.4, inertia_pictures=2, cooling_s=5.0)
    assert played(rule, (0.0, True, False), (0.2, False, False), (0.4, True, False))[-1] == [(1, Stage.NEW)]


def test_within_the_cooling_time_it_is_the_same_event():
    rule = EventLimits(inertia_s=0.0, inertia_pictures=1, cooling_s=2.0)
    reported = played(rule, (0, True, False), (1, False, True), (2, True, False), (5, False, True), (6, True, False))
    assert reported == [[(1, Stage.NEW)], [], [(1, Stage.UPDATE)], [(1, Stage.END)], [(2, Stage.NEW)]]


def test_a_finding_after_a_pause_without_pictures_is_another_event():
    rule = EventLimits(inertia_s=0.0, inertia_pictures=1, cooling_s=5.0)
    reported = played(rule, (0, True, False), (1, True, False), (601, True, False))
    assert reported == [[(1, Stage.NEW)], [(1, Stage.UPDATE)], [(1, Stage.END), (2, Stage.NEW)]]


def test_a_pause_without_pictures_is_no_time_in_which_it_held():
    rule = EventLimits(inertia_s=2.0, inertia_pictures=3, cooling_s=5.0)
    assert played(rule, (0, True, False), (1, True, False), (601, True, False))[-1] == []


def test_a_clock_that_was_set_back_ends_it():
    rule = EventLimits(inertia_s=0.0, inertia_pictures=1, cooling_s=5.0)
    reported = played(rule, (100, True, False), (101, True, False), (50, True, False))
    assert reported[-1] == [(1, Stage.END), (2, Stage.NEW)]


def test_without_a_cooling_time_it_goes_on_from_picture_to_picture():
    rule = EventLimits(inertia_s=0.0, inertia_pictures=1, cooling_s=0.0)
    reported = played(rule, (0, True, False), (1, True, False), (2, False, False), (3, True, False))
    assert reported == [[(1, Stage.NEW)], [(1, Stage.UPDATE)], [(1, Stage.END)], [(2, Stage.NEW)]]


def test_an_event_states_its_begin_and_its_finding():
    rule = EventLimits(inertia_s=1.0, inertia_pictures=1, cooling_s=2.0)
    episodes = Episodes("zone_entered", rule, itertools.count(4).__next__)
    episodes.update(3.0, {"a": HELD}, set())
    (event,) = episodes.update(4.5, {"a": HELD}, set())
    assert (event.kind, event.number, event.began_s, event.seen_s, event.held) == ("zone_entered", 4, 3.0, 4.5, HELD)


@pytest.mark.parametrize("wrong", [{"inertia_s": -1}, {"inertia_pictures": 0}, {"cooling_s": float("nan")}, {"x": 1}])
def test_a_rule_has_bounds(wrong):
    with pytest.raises(ValueError, match="for EventLimits"):
        EventLimits(**wrong)
