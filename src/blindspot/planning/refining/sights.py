"""The targets that a drone sees from any place and along any leg, for a search that is not bound to given places."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Aim, DensityBand
from blindspot.planning.fleet.fleet_routes import Drone
from blindspot.planning.tours.tour_parts import under_cap
from blindspot.planning.views.candidates import Position, pictures
from blindspot.planning.views.drone_sight import Picture, Scene, Targets, aim_axes, look
from blindspot.planning.views.legs import LEG_MIN_M, NOTHING, LegSweep, aiming_m
from blindspot.site.ground import HeightField

SQUARE_M = 16.0
"""Side of the squares by which targets are found."""
MOST_KNOWN = 20_000
"""Number of stored legs; older ones are dropped together."""

Seen = NDArray[np.int32]


@dataclass(slots=True)
class Sights:
    """Legs have the camera straight down. Views and legs are stored, since a search asks for them again."""

    drone: Drone
    seen_in: tuple[Picture, Picture]
    _scene: Scene
    _sweep: LegSweep
    _low: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]
    _cut_m: float
    _legs: dict[tuple[Position, Position], Seen] = field(default_factory=dict)
    _views: dict[tuple[Position, Aim], Seen] = field(default_factory=dict)

    @classmethod
    def of(cls, drone: Drone, band: DensityBand, field: HeightField, targets: Targets) -> Sights:
        seen_in = pictures(drone.model, band)
        counts_in, speed_mps = seen_in[0], drone.leg_mps
        down = aim_axes(np.array([[0.0, -90.0]]))
        return cls(
            drone,
            seen_in,
            Scene.of(field, targets, SQUARE_M),
            LegSweep.of(field, drone.up_m, down, targets, counts_in, speed_mps, SQUARE_M),
            under_cap(field, drone.up_m - counts_in.nearest_m),
            aiming_m(drone.model, speed_mps),
        )

    def leg(self, start: Position, end: Position) -> Seen:
        """The targets (ascending) that the straight way between two places sees; none if it is too short for a leg, or
        near a roof that may be over the density cap."""
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
            self._views[key] = look(self._scene, (*at, self.drone.up_m), axes, *self.seen_in)[1]
        return self._views[key]

    def _along(self, start: Position, end: Position) -> Seen:
        length_m = math.dist(start, end)
        a, b = np.array([start]), np.array([end])
        if length_m < LEG_MIN_M or not self._low(a, b)[0]:
            return NOTHING
        heading_deg = math.degrees(math.atan2(end[0] - start[0], end[1] - start[1]))
        axes = aim_axes(np.array([[heading_deg, -90.0]]))
        return self._sweep.seen(a + self._cut_m / length_m * (b - a), b, axes)[1]
