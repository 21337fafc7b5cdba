"""The robustness of a formula over a whole trace: positive where it is met, negative where it is broken.

Each value is a pair of bounds. A known value has two equal bounds. NaN, and each time after the end of the trace, can
have any value: it stays unknown unless the rest of the formula decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d  # type: ignore[import-untyped]

from blindspot_lab.formulas.grammar import Always, Both, Either, Eventually, Formula, Implies, Not, Signal, Span, Until

Floats = NDArray[np.float64]
Signals = Mapping[str, NDArray[np.float64] | NDArray[np.bool_]]
RATE_HZ = 10.0
CERTAIN = 1000.0
"""Robustness of a yes; no has the negative. Larger than every distance and time that the formulas compare."""

Word = Literal["met", "broken", "unknown"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and greatest robustness at each time."""

    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Robustness:
    """The bounds of a formula's robustness at the beginning of the trace, its verdict, and whether its premise was
    met at some time."""

    low: float
    high: float
    exercised: bool

    @property
    def verdict(self) -> Word:
        if self.high < 0.0:
            return "broken"
        return "met" if self.low >= 0.0 else "unknown"


UNKNOWN = Robustness(-inf, inf, exercised=False)


def judged(formula: Formula, signals: Signals) -> Robustness:
    """The robustness of a formula over signals of equal length at `RATE_HZ`. Over an empty trace it is unknown.

    `exercised` is about the premise of an implication, also inside an `always`; other formulas are always exercised.
    """
    if not len(next(iter(signals.values()))):
        return UNKNOWN
    bounds = bounds_of(formula, signals)
    inner = formula.of if isinstance(formula, Always) else formula
    exercised = not isinstance(inner, Implies) or bool((bounds_of(inner.premise, signals).low >= 0.0).any())
    return Robustness(float(bounds.low[0]), float(bounds.high[0]), exercised)


def bounds_of(formula: Formula, signals: Signals) -> Bounds:
    """The bounds of a formula at each time of the trace."""
    match formula:
        case Signal():
            return _signal(formula, signals)
        case Not(of):
            inner = bounds_of(of, signals)
            return Bounds(-inner.high, -inner.low)
        case Both(left, right):
            a, b = bounds_of(left, signals), bounds_of(right, signals)
            return Bounds(np.minimum(a.low, b.low), np.minimum(a.high, b.high))
        case Either(left, right):
            a, b = bounds_of(left, signals), bounds_of(right, signals)
            return Bounds(np.maximum(a.low, b.low), np.maximum(a.high, b.high))
        case Implies(premise, then):
            return bounds_of(Either(Not(premise), then), signals)
        case Always(of, span):
            inner = bounds_of(of, signals)
            return Bounds(_least(inner.low, span, -inf), _least(inner.high, span, inf))
        case Eventually(of, span):
            inner = bounds_of(of, signals)
            return Bounds(-_least(-inner.low, span, inf), -_least(-inner.high, span, -inf))
        case Until(left, right, span):
            a, b = bounds_of(left, signals), bounds_of(right, signals)
            return Bounds(_until(a.low, b.low, span, -inf), _until(a.high, b.high, span, inf))


def _signal(formula: Signal, signals: Signals) -> Bounds:
    values = signals[formula.name]
    robust: Floats = np.where(values, CERTAIN, -CERTAIN) if values.dtype == np.bool_ else values.astype(np.float64)
    if formula.compared:
        robust = robust - formula.number if formula.compared == ">=" else formula.number - robust
    unknown = np.isnan(robust)
    if not unknown.any():
        return Bounds(robust, robust)
    return Bounds(np.where(unknown, -inf, robust), np.where(unknown, inf, robust))


def _least(values: Floats, span: Span | None, beyond: float) -> Floats:
    """The least value over the span from each time on. `beyond` is the value after the end of the trace."""
    if span is None:
        return np.minimum.accumulate(values[::-1])[::-1]
    first, last = _steps(span)
    if first == last == 0:
        return values
    padded = np.concatenate([values, np.full(last, beyond)])[first:]
    size = last - first + 1
    return np.asarray(minimum_filter1d(padded, size, origin=-(size // 2))[: len(values)])


def _until(left: Floats, right: Floats, span: Span, beyond: float) -> Floats:
    """The best over the times of the span: the right side then, and the least of the left side before."""
    first, last = _steps(span)
    n = len(left)
    left, right = (np.concatenate([side, np.full(last, beyond)]) for side in (left, right))
    so_far, best = np.full(n, inf), np.full(n, -inf)
    for step in range(last + 1):
        if step >= first:
            best = np.maximum(best, np.minimum(right[step : step + n], so_far))
        so_far = np.minimum(so_far, left[step : step + n])
    return best


def _steps(span: Span) -> tuple[int, int]:
    return round(span[0] * RATE_HZ), round(span[1] * RATE_HZ)
