"""DWL-02: for how long the camera's axis rests on a façade; what nobody reports is unknown."""

from __future__ import annotations

from blindspot.evidence.kept.axis_rest import AxisRest


def heard(*reports):
    axis = AxisRest(3.0)
    for on_facade, exposed_s in reports:
        axis.hear(on_facade, exposed_s, exposed_s + 0.1)
    return axis


def test_a_rest_counts_from_the_first_exposure_on_a_facade_also_between_reports():
    axis = heard((False, 1.0), (True, 2.0), (True, 2.5))
    assert axis.rested_s(2.6) == 0.6000000000000001 and axis.rested_s(4.0) == 2.0
    axis.hear(False, 4.1, 4.2)
    assert axis.rested_s(4.3) == 0.0
    axis.hear(True, 5.0, 5.0)
    assert axis.rested_s(5.5) == 0.5, "a new rest begins anew"


def test_without_a_fresh_report_nobody_knows():
    assert AxisRest(3.0).rested_s(0.0) is None
    axis = heard((False, 1.0))
    assert axis.rested_s(4.1) == 0.0 and axis.rested_s(4.2) is None
    assert axis.rested_s(float("nan")) is None


def test_an_axis_that_leaves_the_town_is_unknown_and_ends_no_rest():
    axis = heard((True, 1.0), (None, 1.5))
    assert axis.rested_s(1.7) is None
    axis.hear(True, 2.0, 2.0)
    assert axis.rested_s(2.5) == 1.5


def test_a_repeated_or_older_report_counts_for_nothing():
    axis = heard((True, 2.0))
    axis.hear(False, 2.0, 2.2)
    axis.hear(False, 1.0, 2.3)
    assert axis.rested_s(3.0) == 1.0
