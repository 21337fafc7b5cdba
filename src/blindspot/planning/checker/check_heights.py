"""The checker's rules about the height over the ground, of the route and of every way home.

A drone flies up to `VERTICAL_ERROR_M` above or below its plan. The plan keeps so far from both limits, so that the
flight stays between them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from blindspot.core import plain_text
from blindspot.mission import rounding
from blindspot.planning.checker.check_air import Returns, ground_under
from blindspot.planning.checker.check_flight import Flight, Violation, runs_of
from blindspot.planning.checker.check_track import Array
from blindspot.site import Site

EVERY_M = 2.0
"""Distance between two samples of the ground below a way home, m."""
COLUMN_M = 1.0
"""Longest way over the ground that counts as straight up or down, m: greatest distance of a route's end from the
pad."""


def breaches(flight: Flight, ways: Returns) -> Iterator[Violation]:
    """Heights, of the ways home, too, over the ground beyond the limits less the vertical error of flight."""
    above_m = flight.track.at_m[:, 2] - ground_under(flight.site, flight.track.flat_m)
    least_m, most_m = _planned_m(flight, float(above_m[0]))
    flying = (flight.track.step >= 0) & (flight.track.step < len(flight.route.steps))
    for broken, limit_m, allowed in (
        (
            flying & (above_m < least_m - rounding.WITHIN_M),
            least_m,
            f"at least {plain_text.exact(least_m)} m are needed",
        ),
        (above_m > most_m + rounding.WITHIN_M, most_m, f"at most {plain_text.exact(most_m)} m are allowed"),
    ):
        for sample, last in runs_of(broken):
            found = plain_text.beside(float(above_m[sample]), limit_m)
            yield flight.breach("height", sample, f"{found} m above ground, {allowed}", last)
    yield from _of_returns(flight, ways, least_m, most_m)


def _planned_m(flight: Flight, begin_m: float) -> tuple[float, float]:
    """Least and greatest planned height, m. A flight that begins in the air, at `begin_m` over the ground, has part
    of the error already: the flight may stay at this height inside the limits themselves."""
    limits = flight.mission.file.limits
    least_m, most_m = limits.planned_up_m
    if flight.track.step[0] < 0:
        return least_m, most_m
    return min(least_m, max(begin_m, limits.min_up_m)), max(most_m, min(begin_m, limits.max_up_m))


def _of_returns(flight: Flight, ways: Returns, most_low_m: float, most_m: float) -> Iterator[Violation]:
    """The ways home keep the limits of height over the ground, as the route does. A flight from low in the column
    over the pad comes no nearer to the ground than there."""
    lowest_m, highest_m, begin_m = _above_ground(flight.site, ways)
    least_m = np.minimum(most_low_m, begin_m) - rounding.WITHIN_M
    for broken, off_m, limit_m, allowed in (
        (lowest_m < least_m, lowest_m, most_low_m, f"at least {plain_text.exact(most_low_m)} m are needed"),
        (
            highest_m > most_m + rounding.WITHIN_M,
            highest_m,
            most_m,
            f"at most {plain_text.exact(most_m)} m are allowed",
        ),
    ):
        for sample, last in runs_of(ways.samples_of(broken)):
            here_m = off_m[ways.way[ways.sample == sample]]
            found = plain_text.beside(float(here_m[broken[ways.way[ways.sample == sample]]][0]), limit_m)
            yield flight.breach("return", sample, f"the {ways.name} is {found} m above ground, {allowed}", last)


def _above_ground(site: Site, ways: Returns) -> tuple[Array, Array, Array]:
    """(lowest part, highest part, begin) of each line above the ground, m. In a column over one place the drone passes
    all heights up to its top: there the lowest part and the begin are infinite."""
    place_m, owner = shapely.get_coordinates(ways.lines, return_index=True)
    highest_m = ways.top_m - ground_under(site, place_m[np.flatnonzero(np.diff(owner, prepend=-1))])
    lowest_m = np.full(len(ways.lines), np.inf)
    begin_m = lowest_m.copy()
    away = np.flatnonzero(shapely.length(ways.lines) > COLUMN_M)
    if not len(away):
        return lowest_m, highest_m, begin_m
    at_m, owner = shapely.get_coordinates(shapely.segmentize(ways.lines[away], EVERY_M), return_index=True)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    way_m = np.linalg.norm(at_m - at_m[first][owner], axis=1)
    share, line = way_m / shapely.length(ways.lines[away])[owner], away[owner]
    above_m = ways.start_up_m[line] + share * (ways.end_up_m - ways.start_up_m)[line] - ground_under(site, at_m)
    lowest_m[away], highest_m[away] = np.minimum.reduceat(above_m, first), np.maximum.reduceat(above_m, first)
    begin_m[away] = above_m[first]
    return lowest_m, highest_m, begin_m
