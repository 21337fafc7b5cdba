import numpy as np
import pytest

from blindspot.vision.georeference import GroundPoint
from blindspot.vision.tracking import FORGOTTEN_S, Event, Tracker


def person(east_m, north_m, score=0.8):
    return ("person", score, GroundPoint(east_m, north_m, 0.0, 0.5))


def walk(tracker, times_s, *starts, pace_mps=1.4):
    """Everyone walks east; returns what the tracker said of each picture."""
    return [tracker.update(float(t), [person(e + pace_mps * t, n) for e, n in starts]) for t in times_s]


def test_one_walker_is_one_track():
    told = walk(Tracker(), np.arange(0, 10, 0.5), (0, 0))
    assert {track.number for tracks in told for track in tracks} == {1}
    assert told[0][0].event is Event.NEW
    assert all(track.event is Event.UPDATE for tracks in told[1:] for track in tracks)


def test_two_walkers_keep_their_numbers():
    told = walk(Tracker(), np.arange(0, 20, 0.5), (0, 0), (0, 12))
    by_north = {(track.number, round(track.point.north_m / 12)) for tracks in told for track in tracks}
    assert len(by_north) == 2


@pytest.mark.parametrize("interval_s", [0.2, 1.0, 4.0])
def test_a_walker_is_followed_at_any_picture_rate(interval_s):
    told = walk(Tracker(), np.arange(0, 8 * interval_s, interval_s), (0, 0))
    assert {track.number for tracks in told for track in tracks} == {1}


def test_a_track_that_is_not_seen_ends_once():
    tracker = Tracker()
    walk(tracker, np.arange(0, 3, 0.5), (0, 0))
    told = [track for t in np.arange(3, 3 + 2 * FORGOTTEN_S, 0.5) for track in tracker.update(float(t), [])]
    assert [track.event for track in told] == [Event.END]


def test_after_a_long_gap_everything_is_new():
    tracker = Tracker()
    walk(tracker, np.arange(0, 3, 0.5), (0, 0))
    told = tracker.update(100.0, [person(0, 0)])
    assert [(track.number, track.event) for track in told] == [(1, Event.END), (2, Event.NEW)]


def test_kinds_are_followed_apart():
    tracker = Tracker()
    told = tracker.update(0.0, [person(0, 0), ("car", 0.9, GroundPoint(0, 0, 0, 0.5))])
    assert sorted((track.label, track.number) for track in told) == [("car", 1), ("person", 2)]


def test_time_never_runs_back():
    tracker = Tracker()
    tracker.update(5.0, [])
    with pytest.raises(ValueError, match="after one"):
        tracker.update(4.0, [])
