"""The targets that a drone sees from any place and along any leg, for a search that is not bound to given places."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Aim, DensityBand
from blindspot.planning.drones.patrols import Drone
from blindspot.planning.tours.tour_parts import under_cap
from blindspot.planning.views.candidates import Position, pictures
from blindspot.planning.views.drone_sight import Targets, look, sees
from blindspot.planning.views.legs import LEG_MIN_M, NOTHING, LegSweep, aiming_m
from blindspot.planning.views.picture import Picture, aim_axes
from blindspot.site.ground import HeightField

SQUARE_M = 16.0
"""Side of the squares by which targets are found."""
MOST_KNOWN = 20_000
"""Number of stored legs; older ones are dropped together."""

Seen = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Sights:
    """Legs have the camera straight down. Views and legs are stored, since a search asks for them again."""

    drone: Drone
    seen_in: tuple[Picture, Picture]
    _sweep: LegSweep
    _low: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]
    _cut_m: float | None
    _legs: dict[tuple[Position, Position], Seen] = field(default_factory=dict)
    _views: dict[tuple[Position, Aim], Seen] = field(default_factory=dict)

    @classmethod
    def of(cls, drone: Drone, band: DensityBand, field: HeightField, targets: Targets, has_legs: bool = True) -> Sights:
        """Without legs, the mission's limits of the aim leave out the view straight down."""
        seen_in = pictures(drone.model, band)
        counts_in, speed_mps = seen_in[0], drone.leg_mps
        down = aim_axes(np.array([[0.0, -90.0]]))
        return cls(
            drone,
            seen_in,
            LegSweep.of(field, drone.up_m, down, targets, counts_in, speed_mps, SQUARE_M),
            under_cap(field, drone.up_m - counts_in.nearest_m),
            aiming_m(drone.model, speed_mps) if has_legs else None,
        )

    def reach_m(self, *, views: bool) -> float:
        """Greatest distance from the drone's foot of a target in a leg's picture, or also in that of a view, m."""
        leg_m = self._sweep.reach_m
        lowest_m = self.drone.up_m - float(self._sweep.scene.ground_m.max())
        view_m = math.sqrt(max(0.0, self.seen_in[0].reach_m ** 2 - max(0.0, lowest_m) ** 2))
        return max(leg_m, view_m) if views else leg_m

    def leg(self, start: Position, end: Position) -> Seen:
        """The targets (ascending) that the straight way between two places sees; none if the way is too short for a
        leg, or near a roof that may be over the density cap."""
        key = (start, end)
        if key not in self._legs:
            if len(self._legs) >= MOST_KNOWN:
                self._legs.clear()
            self._legs[key] = self._along(start, end)
        return self._legs[key]

    def view(self, at: Position, aim: Aim) -> Seen:
        """The targets (ascending) that a view sees; none if a surface in it is over the density cap."""
        key = (at, aim)
        if key not in self._views:
            axes = aim_axes(np.array([[aim.heading_deg, aim.pitch_deg]]))
            self._views[key] = look(self._sweep.scene, (*at, self.drone.up_m), axes, *self.seen_in)[1]
        return self._views[key]

    def leg_sees(self, start: Position, end: Position, some: Seen) -> Mask:
        if (known := self._legs.get((start, end))) is not None:
            return _among(some, known)  # type: ignore[no-any-return]
        if (steady := self._steady(start, end)) is None:
            return np.zeros(len(some), dtype=bool)
        return self._sweep.sees(steady, end, _axes_along(start, end), some)

    def view_sees(self, at: Position, aim: Aim, some: Seen) -> Mask:
        if (known := self._views.get((at, aim))) is not None:
            return _among(some, known)  # type: ignore[no-any-return]
        axes = aim_axes(np.array([[aim.heading_deg, aim.pitch_deg]]))
        return sees(self._sweep.scene, (*at, self.drone.up_m), axes, self.seen_in, some)

    def _along(self, start: Position, end: Position) -> Seen:
        steady = self._steady(start, end)
        if steady is None:
            return NOTHING
        return self._sweep.seen(np.array([steady]), np.array([end]), _axes_along(start, end))[1][0]

    def _steady(self, start: Position, end: Position) -> Position | None:
        """The place of a leg from which on the camera looks straight down; None if the way is no leg."""
        length_m = math.dist(start, end)
        if self._cut_m is None or length_m < LEG_MIN_M or not self._low(np.array([start]), np.array([end]))[0]:
            return None
        share = self._cut_m / length_m
        return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


@numba.njit(cache=True, nogil=True)
def _among(some, known):  # type: ignore[no-untyped-def]
    """Which of the numbers `some` are among the ascending numbers `known`."""
    found = np.zeros(len(some), np.bool_)
    for k in range(len(some)):
        low, high = 0, len(known)
        while low < high:
            middle = (low + high) // 2
            if known[middle] < some[k]:
                low = middle + 1
            else:
                high = middle
        found[k] = low < len(known) and known[low] == some[k]
    return found


def _axes_along(start: Position, end: Position) -> NDArray[np.float64]:
    """The axes of a camera straight down along a leg, as `aim_axes` returns them."""
    length_m = math.dist(start, end)
    east, north = (end[0] - start[0]) / length_m, (end[1] - start[1]) / length_m
    return np.array([[0.0, 0.0, -1.0, north, -east, 0.0, -east, -north, 0.0]])
