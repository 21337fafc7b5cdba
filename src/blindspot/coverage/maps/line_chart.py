"""Lines over the minutes of a flight or an evening, as a small drawing inside a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.maps.canvas import Colour
from blindspot.coverage.maps.drawing import css

WIDE, TALL = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 66, 90, 10, 34
"""Margins. The left one has room for the large letters of a telephone."""
DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2", "12 6")
"""Dash patterns keep the lines apart in black and white."""
MOST_TICKS = 8

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """A line to draw. Each of the `pieces` is (n, 2): time since the begin of the chart, s, and value."""

    colour: Colour
    pieces: Sequence[Floats]
    legend: str
    end: str = ""
    """The text at the line's end."""
    dash: int = 0
    """The number of its dash pattern."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line as the macro `chart` of `parts.html.j2` draws it: `points` are those of an SVG polyline for each piece,
    `end` where its text stands."""

    colour: str
    dash: str
    points: tuple[str, ...]
    end: tuple[float, float]
    text: str
    legend: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Places are in pixels of the drawing. Each tick is (place, label); a band is (place, width, label)."""

    about: str
    curves: tuple[Curve, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    bands: tuple[tuple[float, float, str], ...] = ()
    limit: tuple[float, str] | None = None
    left: float = LEFT
    right: float = WIDE - RIGHT
    top: float = TOP
    bottom: float = TALL - BOTTOM
    size: tuple[int, int] = (WIDE, TALL)


def of(
    about: str, lines: Sequence[Series], longest_s: float, highest: float, levels: Sequence[tuple[float, str]],
    bands: Sequence[tuple[float, float, str]] = (), limit: tuple[float, str] | None = None,
) -> Chart:  # fmt: skip
    """Lay out a chart of `longest_s` seconds and of values from 0 to `highest`.

    `about` is its text for a reader who hears the page. `levels` are (value, label), `bands` are (begin, end, label) in
    seconds, and the dashed `limit` is (value, label).
    """

    def x(time_s: float) -> float:
        return LEFT + (WIDE - LEFT - RIGHT) * time_s / longest_s

    def y(value: float) -> float:
        return TOP + (TALL - TOP - BOTTOM) * (1.0 - min(1.0, max(0.0, value / highest)))

    def curve(line: Series) -> Curve:
        places = [[(x(time_s), y(value)) for time_s, value in piece] for piece in line.pieces]
        points = tuple(" ".join(f"{east:.1f},{up:.1f}" for east, up in piece) for piece in places)
        ends = [piece[-1] for piece in places if piece]
        end = ends[-1] if ends else (float(LEFT), float(TOP))
        return Curve(css(line.colour), DASHES[line.dash % len(DASHES)], points, end, line.end, line.legend)

    step_min = next(step for step in (1, 2, 5, 10, 20, 60) if longest_s / 60 / step <= MOST_TICKS or step == 60)
    minutes = range(0, int(longest_s // 60) + 1, step_min)
    return Chart(
        about,
        _apart([curve(line) for line in lines]),
        tuple((x(60.0 * minute), f"{minute} min") for minute in minutes),
        tuple((y(value), label) for value, label in levels),
        tuple((x(begin_s), x(end_s) - x(begin_s), label) for begin_s, end_s, label in bands),
        None if limit is None else (y(limit[0]), limit[1]),
    )


def _apart(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    """The curves with the texts at their ends spread vertically, so that each stays readable."""
    placed, above = [], -float("inf")
    for curve in sorted(curves, key=lambda curve: curve.end[1]) if any(curve.text for curve in curves) else curves:
        above = max(curve.end[1], above + 14.0)
        placed.append(replace(curve, end=(curve.end[0], above)))
    return tuple(placed)
