"""The states of the targets as events: begin and end of the watch, and the relay's reason of a gap."""

from __future__ import annotations

from blindspot.evidence.observed.event_log import RunEvent
from blindspot.evidence.watches.watch_events import WatchEvents, given_reason, span_of


def events_of(*rows: tuple[float, str, str, str]) -> list[RunEvent]:
    """Events of (time, target, state, reason)."""
    states = WatchEvents()
    return [event for at_s, target, state, reason in rows
            for event in states.changes(at_s, [(target, state, "drone1", reason)])]  # fmt: skip


def test_a_state_is_one_event_until_it_changes():
    events = events_of((1.0, "stage", "before", ""), (2.0, "stage", "before", ""), (3.0, "stage", "watched", ""))
    assert [(event.stamp_s, event.text) for event in events] == [(1.0, "stage: before"), (3.0, "stage: watched")]


def test_a_watch_lasts_from_the_first_state_of_all_targets_to_the_end_of_the_last_target():
    events = events_of(
        (1.0, "stage", "before", ""), (1.0, "gate", "before", ""), (5.0, "stage", "watched", ""),
        (9.0, "gate", "gap", "drone3 is out"), (70.0, "stage", "ended", ""), (72.0, "gate", "ended", ""),
    )  # fmt: skip
    assert span_of(events) == (9.0, 72.0)


def test_a_watch_without_an_end_lasts_to_the_end_of_its_record():
    events = [*events_of((5.0, "stage", "watched", "")), RunEvent(80.0, "drone1.flight_control", "log", "landed")]
    assert span_of(events) == (5.0, 80.0)
    assert span_of(events[:1]) is None
    assert span_of([]) is None


def test_the_relay_s_reason_of_a_gap_is_found_in_its_time_alone():
    events = events_of((30.0, "stage", "watched", ""), (33.0, "stage", "gap", "drone1 flies home; drone2 is out"))
    assert given_reason(events, "stage", 31.0, 60.0) == "drone1 flies home; drone2 is out"
    assert given_reason(events, "stage", 31.0, 31.5) == "drone1 flies home; drone2 is out"
    assert given_reason(events, "stage", 40.0, 60.0) == ""
    assert given_reason(events, "gate", 31.0, 60.0) == ""
