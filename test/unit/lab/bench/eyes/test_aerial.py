"""Evaluation of detections in rendered pictures, on examples made by hand."""

import numpy as np
import pytest
import yaml

from blindspot.core.folders import CONFIG_DIR
from blindspot.vision.models.detector import Detections
from blindspot_lab.bench.eyes.aerial import curve_of
from blindspot_lab.bench.vision import FLOWN_BUDGET_MS
from blindspot_sim.pictures.figures import TrueBox

SHOWN, HIDDEN, CAR = (0, 0, 10, 20), (50, 0, 60, 20), (100, 0, 140, 20)
TRUTH = [TrueBox("person", SHOWN, 1.0), TrueBox("person", HIDDEN, 0.2), TrueBox("car", CAR, 0.9)]


def found(*rows):
    boxes = np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([s for _, s, _ in rows], np.float32), tuple(label for _, _, label in rows))


def test_barely_visible_figures_are_ignored():
    claims = found((SHOWN, 0.9, "person"), (HIDDEN, 0.8, "person"), ((200, 0, 210, 20), 0.7, "person"))
    curve = curve_of([claims], [TRUTH], "person")
    assert (curve.total, curve.hits.tolist()) == (1, [True, False])
    assert curve.precision_recall(0.75) == (1.0, 1.0)
    assert curve.precision_recall(0.5) == (0.5, 1.0)


def test_a_box_of_a_visible_part_is_ignored_and_a_box_of_half_a_visible_person_is_wrong():
    claims = found(((50, 0, 60, 8), 0.9, "person"), ((0, 0, 10, 8), 0.8, "person"), ((56, 0, 66, 8), 0.7, "person"))
    assert curve_of([claims], [TRUTH], "person").hits.tolist() == [False, False]
    assert curve_of([claims], [TRUTH], "person").scores == pytest.approx([0.8, 0.7])


def test_a_true_box_is_found_once_and_a_truck_will_do_for_a_car():
    claims = found((CAR, 0.9, "truck"), (CAR, 0.8, "car"))
    curve = curve_of([claims, Detections.none()], [TRUTH, TRUTH], "vehicle")
    assert (curve.total, curve.hits.tolist()) == (2, [True, False])


def test_the_least_score_where_both_goals_cannot_be_met_is_the_lowest_that_is_right_enough():
    rows = [(SHOWN, 0.9, "person"), ((200, 0, 210, 20), 0.8, "person"), ((300, 0, 310, 20), 0.7, "person")]
    curve = curve_of(
        [found(*rows)], [[*TRUTH, *(TrueBox("person", (x, 50, x + 9, 70), 1.0) for x in (0, 50))]], "person"
    )
    assert curve.score_for(0.9, 0.9) == pytest.approx(0.9)
    assert curve.score_for(0.5, 0.9) == pytest.approx(0.8)
    assert curve_of([found(*rows[1:])], [TRUTH], "person").score_for(0.9, 0.9) == np.inf


def test_the_least_score_where_both_goals_are_met_leaves_room_on_both_sides():
    """Ten people: nine are found surely, then a mistake, then the tenth, then more mistakes."""
    people = [TrueBox("person", (20 * k, 0, 20 * k + 10, 20), 1.0) for k in range(10)]
    rows = [(box.box_xyxy, 0.9 - 0.01 * k, "person") for k, box in enumerate(people[:9])]
    rows += [((0, 100, 10, 120), 0.7, "person"), (people[9].box_xyxy, 0.6, "person")]
    rows += [((0, 200, 10, 220), 0.5, "person"), ((0, 300, 10, 320), 0.4, "person")]
    curve = curve_of([found(*rows)], [people], "person")
    assert curve.score_for(0.8, 0.8) == pytest.approx(0.6)  # 10 of 11 and all; from 0.4 on it would be 10 of 13
    assert curve.score_for(0.8, 0.95) == pytest.approx(0.6)


def test_where_nothing_is_claimed_nothing_is_found():
    curve = curve_of([Detections.none()], [TRUTH], "person")
    assert curve.precision_recall(0.1) == (0.0, 0.0)
    assert curve.score_for(0.9, 0.8) == np.inf


def test_the_measured_budget_is_that_of_real_flights():
    overlay = yaml.safe_load((CONFIG_DIR / "params" / "hardware.yaml").read_text())
    assert overlay["/*/detector"]["ros__parameters"]["search_ms"] == FLOWN_BUDGET_MS
