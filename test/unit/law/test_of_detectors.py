"""Detectors and events by the lists of the authorisation."""

from __future__ import annotations

import pytest

from blindspot.law.of_detectors import judge_detector, judge_event


@pytest.mark.parametrize(
    ("detector", "rule"), [("nanodet", None), ("yolox", "INT-04"), ("FaceNet", "INT-01"), ("plate-reader", "INT-01")]
)
def test_detectors_are_an_allow_list_that_never_recognises(load, document, detector, rule):
    verdict = judge_detector(load(document), detector)
    assert (verdict.rule if verdict else None) == rule


def test_only_events_on_the_list_are_reported(load, document):
    assert judge_event(load(document), "zone_entered").rule == "INT-04"
    document["analytics"]["events"] = ["zone_entered"]
    authorisation = load(document)
    assert judge_event(authorisation, "zone_entered") is None
    assert str(judge_event(authorisation, "wrong_way")).startswith("INT-04")
