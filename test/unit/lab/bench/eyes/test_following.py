import numpy as np
import pytest

from blindspot_lab.bench.eyes.following import FollowedPicture, following

HERE, THERE = (0, 0, 10, 20), (100, 0, 110, 20)


def picture(true, tracks):
    """Numbers with boxes, of the truth and of the tracker."""
    return FollowedPicture(
        tuple(true), np.array(list(true.values()), float).reshape(-1, 4),
        tuple(tracks), np.array(list(tracks.values()), float).reshape(-1, 4),
    )  # fmt: skip


def test_perfect_tracks_are_perfect():
    result = following([picture({1: HERE, 2: THERE}, {7: HERE, 9: THERE})] * 5)
    assert (result.mota, result.idf1, result.switches) == (1.0, 1.0, 0)


def test_a_switch_costs_one_of_mota_and_half_the_identity():
    """By hand: 10 boxes, all found, 1 switch; one track is right for 5 of 10: IDF1 = 2 * 5 / 20."""
    result = following([picture({1: HERE}, {7: HERE})] * 5 + [picture({1: HERE}, {8: HERE})] * 5)
    assert (result.mota, result.idf1, result.switches) == (pytest.approx(0.9), pytest.approx(0.5), 1)


def test_misses_and_false_tracks_both_cost():
    """By hand: 4 true boxes, 2 found, 2 missed, 1 wrong: MOTA 1 - 3 / 4; IDF1 = 2 * 2 / (4 + 3)."""
    pictures = [picture({1: HERE}, {7: HERE})] * 2 + [picture({1: HERE}, {}), picture({1: HERE}, {9: THERE})]
    result = following(pictures)
    assert (result.mota, result.idf1) == (pytest.approx(0.25), pytest.approx(4 / 7))
    assert (result.recall, result.precision) == (pytest.approx(0.5), pytest.approx(2 / 3))


def test_a_track_keeps_its_object_while_it_fits_although_another_fits_better():
    near = (1, 0, 11, 20)
    result = following([picture({1: HERE}, {7: HERE}), picture({1: HERE}, {7: near, 8: HERE})])
    assert result.switches == 0


def test_a_box_that_overlaps_by_less_than_half_finds_nothing():
    assert following([picture({1: HERE}, {7: (4, 0, 14, 20)})]).recall == 0.0
