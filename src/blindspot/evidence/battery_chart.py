"""Each drone's battery over time as a chart of the report."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from blindspot.core import plain_text
from blindspot.coverage.maps import drone_colour, line_chart
from blindspot.evidence.observed.track import Track

POINTS = 200
LEVELS = tuple((share, plain_text.percent(share)) for share in (0.0, 0.25, 0.5, 0.75, 1.0))


def battery_chart(tracks: Mapping[str, Track], order: Mapping[str, int]) -> line_chart.Chart | None:
    """The chart of all drones that flew, None if no drone flew. `order` is each drone's number; it sets the colour."""
    flew = {name: track for name, track in sorted(tracks.items()) if track.in_air.any()}
    if not flew:
        return None
    since_s = min(float(track.stamp_s[track.in_air][0]) for track in flew.values())
    until_s = max(float(track.stamp_s[track.in_air][-1]) for track in flew.values())
    left = {name: _left(track) for name, track in flew.items()}
    ends = "; ".join(f"{name} ends at {text}" for name, text in left.items())
    lines = [
        line_chart.Series(
            drone_colour(order.get(name, 0)), _flights(track, since_s), legend=f"{name}, {left[name]} left",
            end=f"{name} {left[name]}", dash=order.get(name, 0),
        )
        for name, track in flew.items()
    ]  # fmt: skip
    about = f"Battery over the time since the first take-off: {ends}"
    return line_chart.of(about, lines, max(60.0, until_s - since_s), 1.0, LEVELS)


def _flights(track: Track, since_s: float) -> list[line_chart.Floats]:
    """(n, 2) time since the first take-off, s, and charge, for each flight; at most `POINTS` points together."""
    kept = _kept(track)
    kept = kept[np.linspace(0, len(kept) - 1, min(len(kept), POINTS)).astype(int)] if len(kept) else kept
    landed = 1 + np.flatnonzero(np.diff(np.cumsum(~track.in_air)[kept]))
    return np.split(np.column_stack([track.stamp_s[kept] - since_s, track.battery_fraction[kept]]), landed)


def _left(track: Track) -> str:
    """The charge at the last known position in the air."""
    kept = _kept(track)
    return plain_text.percent(float(track.battery_fraction[kept[-1]]) if len(kept) else None)


def _kept(track: Track) -> NDArray[np.intp]:
    return np.flatnonzero(track.in_air & np.isfinite(track.battery_fraction))
