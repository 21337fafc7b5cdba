import numpy as np
import pytest

from blindspot.vision.events.tracking import BEGIN_SCORE, FORGOTTEN_S, UNSURE_SCORE, Tracker, TrackState
from blindspot.vision.town.georeference import GroundPoint

LASTING_M2, PASSING_M2 = 0.5 * np.eye(2), 0.01 * np.eye(2)


def at(east_m, north_m):
    return GroundPoint(east_m, north_m, 0.0, LASTING_M2, PASSING_M2)


def person(east_m, north_m, score=0.8):
    return ("person", score, at(east_m, north_m))


def walk(tracker, times_s, *starts, pace_mps=1.4):
    """Everyone walks east; returns what the tracker said of each picture."""
    return [tracker.update(float(t), [person(e + pace_mps * t, n) for e, n in starts]) for t in times_s]


def test_one_walker_is_one_track():
    reported = walk(Tracker(), np.arange(0, 10, 0.5), (0, 0))
    assert {track.number for tracks in reported for track in tracks} == {1}
    assert reported[0][0].event is TrackState.NEW
    assert all(track.event is TrackState.UPDATE for tracks in reported[1:] for track in tracks)


def test_two_walkers_keep_their_numbers():
    reported = walk(Tracker(), np.arange(0, 20, 0.5), (0, 0), (0, 12))
    by_north = {(track.number, round(track.point.north_m / 12)) for tracks in reported for track in tracks}
    assert len(by_north) == 2


@pytest.mark.parametrize("interval_s", [0.2, 1.0, 4.0])
def test_a_walker_is_followed_at_any_picture_rate(interval_s):
    reported = walk(Tracker(), np.arange(0, 8 * interval_s, interval_s), (0, 0))
    assert {track.number for tracks in reported for track in tracks} == {1}


def test_a_track_that_is_not_seen_ends_once():
    tracker = Tracker()
    walk(tracker, np.arange(0, 3, 0.5), (0, 0))
    reported = [track for t in np.arange(3, 3 + 2 * FORGOTTEN_S, 0.5) for track in tracker.update(float(t), [])]
    assert [track.event for track in reported] == [TrackState.END]


def test_a_track_ends_where_it_was_seen_last():
    """Who went into a house at 3.5 m: nobody saw her in the garden behind it, where her way would lead."""
    tracker = Tracker()
    last = walk(tracker, np.arange(0, 3, 0.5), (0, 0))[-1][0]
    (end,) = (track for t in np.arange(3, 3 + 2 * FORGOTTEN_S, 0.5) for track in tracker.update(float(t), []))
    assert (end.point.east_m, end.point.north_m) == pytest.approx((last.point.east_m, last.point.north_m))
    assert (end.seen_s, end.point.covariance_m2.tolist()) == (last.seen_s, last.point.covariance_m2.tolist())


def test_after_a_long_gap_everything_is_new():
    tracker = Tracker()
    walk(tracker, np.arange(0, 3, 0.5), (0, 0))
    reported = tracker.update(100.0, [person(0, 0)])
    assert [(track.number, track.event, track.index) for track in reported] == [
        (1, TrackState.END, -1),
        (2, TrackState.NEW, 0),
    ]


def test_a_track_that_ends_after_a_pause_has_no_index():
    """Else what was seen before the pause would make events after it."""
    tracker = Tracker()
    walk(tracker, np.arange(5, 6, 0.2), (0, 0))
    assert [(track.event, track.index) for track in tracker.update(600.0, [])] == [(TrackState.END, -1)]


def test_kinds_are_followed_apart():
    tracker = Tracker()
    reported = tracker.update(0.0, [person(0, 0), ("car", 0.9, at(0, 0))])
    assert sorted((track.label, track.number) for track in reported) == [("car", 2), ("person", 1)]


def test_time_never_runs_back():
    tracker = Tracker()
    tracker.update(5.0, [])
    with pytest.raises(ValueError, match="after the picture"):
        tracker.update(4.0, [])


def test_after_a_clock_that_was_set_back_everyone_is_new():
    tracker = Tracker()
    walk(tracker, np.arange(5, 6, 0.2), (0, 0))
    tracker.set_back()
    reported = tracker.update(2.0, [person(0, 0)])
    assert [(track.number, track.event) for track in reported] == [(1, TrackState.END), (2, TrackState.NEW)]


def test_an_unsure_box_goes_on_with_a_track_and_begins_none():
    tracker = Tracker()
    walk(tracker, np.arange(0, 2, 0.2), (0, 0))
    reported = tracker.update(2.0, [person(2.8, 0, UNSURE_SCORE), person(2.8, 20, BEGIN_SCORE - 0.01)])
    assert [(track.number, track.event, track.score, track.index) for track in reported] == [
        (1, TrackState.UPDATE, UNSURE_SCORE, 0)
    ]
    assert tracker.update(2.2, [person(3.1, 20, BEGIN_SCORE - 0.01)]) == []


def test_a_box_seen_once_is_no_track():
    tracker = Tracker()
    pictures = ((0.0, []), (0.2, [person(0, 0)]), (0.4, []), (0.6, [person(0, 0)]))
    assert [tracker.update(t, seen) for t, seen in pictures] == [[]] * 4


def test_two_who_cross_keep_their_numbers():
    """They pass each other 1.5 m apart, and are measured with 0.1 m of noise."""
    rng, tracker, numbers = np.random.default_rng(3), Tracker(), [set(), set()]
    for t in np.arange(0, 8, 0.2):
        places = [(-5.6 + 1.4 * t, 0.0), (5.6 - 1.4 * t, 1.5)]
        for track in tracker.update(float(t), [person(*(at + rng.normal(0, 0.1, 2))) for at in places]):
            numbers[track.index].add(track.number)
    assert [len(each) for each in numbers] == [1, 1]


def test_speed_is_reported_with_its_uncertainty():
    """Nine of ten true velocities lie in the ellipse of 95 %, over walkers in every direction."""
    rng, inside, errors = np.random.default_rng(5), [], []
    for heading in np.linspace(0, 2 * np.pi, 40):
        true, tracker = 1.4 * np.array([np.sin(heading), np.cos(heading)]), Tracker()
        for t in np.arange(0, 4, 0.2):
            reported = tracker.update(float(t), [person(*(true * t + rng.normal(0, 0.1, 2)))])
        off = reported[0].velocity_mps - true
        errors.append(float(np.hypot(*off)))
        inside.append(off @ np.linalg.solve(reported[0].velocity_m2ps2, off) <= 5.991)
    assert np.mean(inside) >= 0.9
    assert np.median(errors) < 0.35


def test_pictures_do_not_average_the_pose_out():
    tracker = Tracker()
    for t in np.arange(0, 20, 0.2):
        (track,) = tracker.update(float(t), [person(0, 0)])
    assert np.linalg.eigvalsh(track.point.covariance_m2 - LASTING_M2).min() >= 0
    assert np.linalg.eigvalsh(track.point.passing_m2).max() < 0.05


def test_a_flying_camera_knows_less_of_speeds():
    doubts = []
    for drift_mps in (0.0, 0.2):
        tracker = Tracker()
        for t in np.arange(0, 4, 0.2):
            (track,) = tracker.update(float(t), [person(0, 0)], drift_mps)
        doubts.append(track.velocity_m2ps2)
    assert doubts[1] - doubts[0] == pytest.approx(0.04 * np.eye(2))


def test_a_track_states_the_times_of_its_first_and_last_detection():
    tracker = Tracker()
    walk(tracker, np.arange(0, 3, 0.5), (0, 0))
    reported = [track for t in np.arange(3, 8, 0.5) for track in tracker.update(float(t), [])]
    assert [(track.event, track.first_s, track.seen_s, track.index) for track in reported] == [
        (TrackState.END, 0.0, 2.5, -1)
    ]
