"""Gaps are counted from exposures alone."""

from __future__ import annotations

import pytest

from blindspot.evidence.watches.watched import Exposure, WatchGap, most_looking, reason_of, watched


def exposures(drone: str, from_s: float, until_s: float, targets: tuple[str, ...] = ("stage",)) -> list[Exposure]:
    """Two pictures a second."""
    count = round(2 * (until_s - from_s)) + 1
    return [Exposure(from_s + k / 2, drone, frozenset(targets)) for k in range(count)]


def test_a_watch_without_a_break_is_watched_as_a_whole():
    found = watched(exposures("drone1", 0.0, 100.0), "stage", 0.0, 100.0)
    assert (found.watched_share, found.gaps, found.longest_gap_s, found.reliefs) == (1.0, (), 0.0, 0)


@pytest.mark.parametrize(("pause_s", "gaps"), [(1.0, ()), (1.5, (WatchGap(40.0, 1.5, "drone1", "drone2"),))])
def test_a_pause_of_more_than_one_second_is_a_gap(pause_s, gaps):
    both = [*exposures("drone1", 0.0, 40.0), *exposures("drone2", 40.0 + pause_s, 100.0)]
    found = watched(both, "stage", 0.0, 100.0)
    assert found.gaps == gaps
    assert found.watched_share == pytest.approx(1.0 - sum(gap.s for gap in gaps) / 100.0)
    assert found.reliefs == 1


def test_a_late_begin_and_an_early_end_are_gaps():
    found = watched(exposures("drone1", 10.0, 90.0), "stage", 0.0, 100.0)
    assert [(gap.begins_s, gap.s) for gap in found.gaps] == [(0.0, 10.0), (90.0, 10.0)]
    assert watched([], "stage", 0.0, 100.0).watched_share == 0.0


def test_pictures_of_another_target_or_outside_the_watch_do_not_count():
    beside = [*exposures("drone1", 0.0, 100.0, ("gate",)), *exposures("drone2", 100.5, 200.0)]
    assert watched(beside, "stage", 0.0, 100.0).longest_gap_s == 100.0


def test_an_overlap_of_two_cameras_is_one_relief():
    both = [*exposures("drone1", 0.0, 50.0), *exposures("drone2", 48.0, 100.0), *exposures("drone1", 99.0, 120.0)]
    assert watched(both, "stage", 0.0, 120.0).reliefs == 2


@pytest.mark.parametrize(("begins_s", "most"), [(51.0, 2), (51.1, 1)])
def test_a_camera_is_on_for_one_second_after_an_exposure(begins_s, most):
    both = [*exposures("drone1", 0.0, 50.0), *exposures("drone2", begins_s, 100.0, ())]
    assert most_looking(both) == most


def test_the_reason_of_a_gap_comes_from_the_events_of_the_drone_that_looked_last():
    def said(drone: str, from_s: float, until_s: float) -> list[str]:
        assert from_s < 1040.0 < until_s
        return ["return: the battery is needed for the way home"] if drone == "drone1" else []

    lost = WatchGap(40.0, 30.0, "drone1", "drone2")
    assert reason_of(lost, said, 1000.0) == ("drone1: return: the battery is needed for the way home; drone2 went on")
    silent = WatchGap(40.0, 30.0, "drone3", "")
    assert reason_of(silent, said, 1000.0) == "drone3 made no further picture; no drone went on"
    assert reason_of(WatchGap(0.0, 9.0, "", "drone1"), said, 1000.0) == "no drone was on post at the begin"


def test_a_watch_that_ends_before_it_begins_is_an_error():
    with pytest.raises(ValueError, match="ends before it begins"):
        watched([], "stage", 10.0, 10.0)
