"""The robustness of formulas: against another implementation, and where a value or the trace's end is unknown."""

from __future__ import annotations

import json
from math import nan
from pathlib import Path

import numpy as np
import pytest

from blindspot_lab.formulas.grammar import parse
from blindspot_lab.formulas.other_judge import CASES, SAMPLES, SEEDS, made_signals
from blindspot_lab.formulas.robustness import RATE_HZ, bounds_of, judged

RECORDED = json.loads((Path(__file__).parents[3] / "data" / "formulas" / "rtamt.json").read_text())


def over(text, **signals):
    return judged(parse(text), {name: np.array(values) for name, values in signals.items()})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", CASES)
def test_rtamt_has_the_same_robustness_at_each_time_that_is_known(case, seed):
    """rtamt shortens a span at the end of the trace, where our value is unknown: its value lies between our bounds."""
    bounds = bounds_of(parse(case), made_signals(seed))
    theirs = np.array([nan if value is None else value for value in RECORDED[f"{case} / {seed}"]])
    verdicts = ~np.isnan(theirs)
    assert len(theirs) == SAMPLES and verdicts.sum() > 90
    assert (theirs >= bounds.low - 1e-6)[verdicts].all() and (theirs <= bounds.high + 1e-6)[verdicts].all()
    known = bounds.low == bounds.high
    assert np.abs(theirs - bounds.low)[known & verdicts].max(initial=0.0) <= 1e-6


def test_over_an_empty_trace_nothing_is_known():
    verdict = over("always a >= 0", a=np.array([], dtype=float))
    assert (verdict.verdict, verdict.exercised) == ("unknown", False)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [([1.0, nan, 2.0], "unknown"), ([1.0, nan, -2.0], "broken"), ([nan, nan, nan], "unknown"), ([1.0, 3.0], "met")],
)
def test_an_unknown_value_is_never_met_and_hides_no_violation(values, verdict):
    assert over("always a >= 0", a=values).verdict == verdict


def test_an_unknown_value_does_not_matter_where_the_rest_decides():
    assert over("always (yes -> a >= 0)", yes=[False, True], a=[nan, 1.0]).verdict == "met"
    assert over("always (yes -> a >= 0)", yes=[nan, nan], a=[1.0, 1.0]).verdict == "met"
    assert over("always (yes -> a >= 0)", yes=[nan, nan], a=[-1.0, 1.0]).verdict == "unknown"


def test_a_trace_that_ends_within_the_span_leaves_it_unknown():
    ends = [True] * int(3 * RATE_HZ)
    assert over("eventually[0, 5] b", b=[not one for one in ends]).verdict == "unknown"
    assert over("eventually[0, 5] b", b=[*[not one for one in ends], True]).verdict == "met"
    assert over("always (yes -> eventually[0, 5] b)", yes=ends, b=ends).verdict == "met"
    assert over("always[0, 5] b", b=ends).verdict == "unknown"
    assert over("always[0, 5] b", b=[*ends, False]).verdict == "broken"


def test_a_flickering_signal_is_judged_at_each_sample():
    flickers = np.arange(100) % 2 == 0
    still = {"a": np.where(flickers, 0.01, -0.01)}
    assert over("always a >= 0", **still).low == pytest.approx(-0.01)
    assert over("always (a >= 0 -> eventually[0.1, 0.1] a <= 0)", **still).high == pytest.approx(0.01)
    assert over("always[0, 5] eventually[0, 0.1] a >= 0", **still).verdict == "met"


def test_until_whose_right_side_never_comes_is_broken_once_its_span_has_passed():
    left, right = np.ones(50), -np.ones(50)
    assert over("(a >= 0) until[0, 2] (b >= 0)", a=left, b=right).verdict == "broken"
    assert over("(a >= 0) until[0, 9] (b >= 0)", a=left, b=right).verdict == "unknown"
    left[10:] = -1.0
    assert over("(a >= 0) until[0, 9] (b >= 0)", a=left, b=right).verdict == "broken"
    right[10] = 1.0
    assert over("(a >= 0) until[0, 9] (b >= 0)", a=left, b=right).verdict == "met"


def test_a_premise_that_never_holds_is_not_exercised():
    never = over("always (a >= 1 -> b >= 0)", a=[0.0, 0.5], b=[-1.0, -1.0])
    assert (never.verdict, never.exercised) == ("met", False)
    assert over("always (a >= 1 -> b >= 0)", a=[0.0, 1.5], b=[0.0, 1.0]).exercised
    assert not over("always (a >= 1 -> b >= 0)", a=[nan, nan], b=[0.0, 1.0]).exercised
