"""Each drone's battery over time as a small drawing inside the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from blindspot.core import plain_text
from blindspot.coverage.maps import css, drone_colour
from blindspot.evidence.observed.track import Track

WIDE, TALL = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 66, 90, 10, 34
"""Margins. The left one has room for the large letters of a telephone."""
DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2", "12 6")
"""Dash patterns keep the lines apart in black and white."""
POINTS = 200


@dataclass(frozen=True, slots=True)
class Curve:
    """A drone's lines: `points` are those of an SVG polyline for each flight, `end` where its name stands."""

    name: str
    colour: str
    dash: str
    points: tuple[str, ...]
    end: tuple[float, float]
    left: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves and axis ticks of the drawing; each tick is (position, label)."""

    curves: tuple[Curve, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]


def battery_chart(tracks: Mapping[str, Track], order: Mapping[str, int]) -> Chart | None:
    """The chart of all drones that flew, None if no drone flew. `order` is each drone's number; it sets the colour."""
    flew = {name: track for name, track in tracks.items() if track.in_air.any()}
    if not flew:
        return None
    since_s = min(float(track.stamp_s[track.in_air][0]) for track in flew.values())
    until_s = max(float(track.stamp_s[track.in_air][-1]) for track in flew.values())
    longest_s = max(60.0, until_s - since_s)
    curves = tuple(_curve(name, track, order.get(name, 0), since_s, longest_s) for name, track in sorted(flew.items()))
    step_min = next(step for step in (1, 2, 5, 10, 20, 60) if longest_s / 60 / step <= 8 or step == 60)
    minutes = range(0, int(longest_s // 60) + 1, step_min)
    return Chart(
        _apart(curves),
        tuple((_x(60.0 * minute, longest_s), f"{minute} min") for minute in minutes),
        tuple((_y(share), f"{100 * share:.0f} %") for share in (0.0, 0.25, 0.5, 0.75, 1.0)),
    )


def _curve(name: str, track: Track, number: int, since_s: float, longest_s: float) -> Curve:
    air = np.flatnonzero(track.in_air & np.isfinite(track.battery_fraction))
    kept = air[np.linspace(0, len(air) - 1, min(len(air), POINTS)).astype(int)] if len(air) else air
    at = [(_x(float(track.stamp_s[i]) - since_s, longest_s), _y(float(track.battery_fraction[i]))) for i in kept]
    flights = np.split(np.arange(len(kept)), 1 + np.flatnonzero(np.diff(np.cumsum(~track.in_air)[kept])))
    left = f"{plain_text.percent_of(float(track.battery_fraction[kept[-1]]))} %" if len(kept) else "unknown"
    points = tuple(" ".join(f"{at[i][0]:.1f},{at[i][1]:.1f}" for i in flight) for flight in flights)
    end = at[-1] if at else (float(LEFT), float(TOP))
    return Curve(name, css(drone_colour(number)), DASHES[number % len(DASHES)], points, end, left)


def _apart(curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
    """The curves with their name labels spread vertically, so that labels stay readable."""
    placed, above = [], -float("inf")
    for curve in sorted(curves, key=lambda curve: curve.end[1]):
        above = max(curve.end[1], above + 14.0)
        placed.append(Curve(curve.name, curve.colour, curve.dash, curve.points, (curve.end[0], above), curve.left))
    return tuple(placed)


def _x(after_s: float, longest_s: float) -> float:
    return LEFT + (WIDE - LEFT - RIGHT) * after_s / longest_s


def _y(share: float) -> float:
    return TOP + (TALL - TOP - BOTTOM) * (1.0 - min(1.0, max(0.0, share)))
