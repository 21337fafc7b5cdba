"""The entry `watch` of a summary, from the files of a run over the crossroads on level ground."""

from __future__ import annotations

from contextlib import closing

import pytest
from test.factories import masks_over

from blindspot.evidence.observed.event_log import EventLog, RunEvent
from blindspot.evidence.observed.picture_poses import PicturePose, PoseWriter
from blindspot.evidence.watches.of_watch import watch_of
from blindspot.site.ground import Grid


@pytest.fixture(scope="module")
def masks():
    return masks_over(Grid(-80.0, -80.0, 1.0, 160, 160))


@pytest.fixture
def figures(tmp_path, watch, site, masks):
    """The entry for the stage, with the pictures (time, drone, east of the stage) of a run."""

    def found(*pictures, span_s=(0.0, 60.0), whole=True):
        with closing(PoseWriter(tmp_path / "looks.csv")) as file:
            for stamp_s, drone, east_m in pictures:
                file.write(PicturePose(stamp_s, drone, east_m, 0.0, 90.0, 0.0, -90.0, 0.0))
            if not whole:
                file.gap("a pose is unknown")
        return watch_of(tmp_path, watch, site, masks, span_s)["stage"]

    return found


def every_half_second(drone, from_s, until_s, east_m=0.0):
    return [(from_s + k / 2, drone, east_m) for k in range(round(2 * (until_s - from_s)) + 1)]


def test_a_hand_over_with_a_pause_has_one_gap_and_its_reason(figures, tmp_path):
    with closing(EventLog(tmp_path / "events.jsonl")) as log:
        log.write(RunEvent(31.0, "drone1.flight_control", "log", "return: relieved by drone2"))
    found = figures(*every_half_second("drone1", 0.0, 30.0), *every_half_second("drone2", 33.0, 60.0))
    assert found["gaps"] == [{"begins": 30.0, "s": 3.0, "reason": "drone1: return: relieved by drone2; drone2 went on"}]
    assert (found["watched_share"], found["longest_gap_s"], found["reliefs"], found["most_looking"]) == (
        0.95,
        3.0,
        1,
        1,
    )
    assert (found["state"], found["looking"], found["due_s"]) == ("ended", "", None)


@pytest.mark.parametrize(("east_m", "share"), [(17.0, 1.0), (21.0, 0.0)])
def test_a_picture_counts_with_the_share_of_the_target_alone(figures, east_m, share):
    """From 90 m the picture is 56 m wide: it holds 95 % of the 20 m wide stage up to 19 m beside the middle."""
    assert figures(*every_half_second("drone1", 0.0, 60.0, east_m))["watched_share"] == share


def test_two_cameras_at_once_are_counted_even_if_one_shows_no_target(figures):
    both = every_half_second("drone1", 0.0, 60.0) + every_half_second("drone2", 20.0, 30.0, 60.0)
    assert figures(*both)["most_looking"] == 2


def test_without_poses_or_without_a_span_no_figure_is_known(figures, tmp_path, watch, site, masks):
    names = ("watched_share", "longest_gap_s", "gaps", "reliefs", "most_looking")
    for found, why in (
        (watch_of(tmp_path, watch, site, masks, (0.0, 60.0))["stage"], "looks.csv is missing"),
        (figures((1.0, "drone1", 0.0), span_s=None), "the record has no begin and end of the watch"),
    ):
        assert [found[name] for name in names] == [None] * 5
        assert found["unknown"] == why


def test_a_picture_without_a_pose_hides_the_number_of_cameras(figures):
    found = figures(*every_half_second("drone1", 0.0, 60.0), whole=False)
    assert (found["watched_share"], found["most_looking"]) == (1.0, None)
    assert "most_looking" in found["unknown"]
