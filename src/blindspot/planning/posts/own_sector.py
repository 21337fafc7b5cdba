"""A drone in a sector of its own, whose part of the perimeter is the fence of its route."""

from __future__ import annotations

from dataclasses import replace

import shapely
from shapely.geometry import Polygon

from blindspot.mission import Mission
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import Drone, Patrol, drone_of
from blindspot.planning.views.target_ground import Ground


def in_sector(mission: Mission, ground: Ground, drone: Drone, sector: Polygon) -> tuple[Patrol, Polygon]:
    """(the drone in its sector, the fence). Raises PlanningError if the pad is too near to the border for its model."""
    part = next(
        part
        for part in shapely.get_parts(ground.fence.intersection(sector))
        if part.covers(shapely.Point(drone.home_2d))
    )
    inside = replace(ground, perimeter=part)
    own = drone_of(mission, inside, drone.name, up_m=drone.up_m)
    return Patrol(own, own.air, ways_from(own.air, own.home_2d), sector=sector), inside.fence
