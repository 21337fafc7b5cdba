"""The best lawnmower: inside the drone's air, and no less time for a larger share or a greater price."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import Patrol, drone_of
from blindspot.planning.tours.strips import best_strips
from blindspot.planning.views.candidates import POSE_ERROR_M
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.target_ground import survey_ground


@pytest.fixture(scope="module")
def town(mission, site):
    """(mission over roofs, ground, patrol of one drone, targets)."""
    limits = mission.file.limits.model_copy(update={"over_roofs": True})
    high = replace(mission, file=mission.file.model_copy(update={"limits": limits}))
    ground = survey_ground(high, site)
    drone = drone_of(high, ground, "drone1")
    cells = np.flatnonzero(ground.spots.blind)[::25]
    patrol = Patrol(drone, drone.air, ways_from(drone.air, drone.home_2d))
    return high, ground, patrol, Targets.of(ground.field, cells)


def strips(town, share, price_s=10.0):
    mission, ground, patrol, targets = town
    weight, field = np.ones(len(targets), dtype=np.float32), ground.taller(POSE_ERROR_M)
    return best_strips(patrol, mission.file.band, field, targets, weight, share * len(targets), price_s)


def test_lanes_stay_in_the_air(town):
    _, _, patrol, _ = town
    places = strips(town, 0.9).places
    assert len(places) >= 2
    assert all(patrol.air.open[patrol.air.grid.index(*at)] for at in places)
    assert all(patrol.air.free.covers(shapely.Point(at)) for at in places)


def test_more_ground_takes_no_less_time(town):
    few, many = strips(town, 0.3), strips(town, 1.0)
    assert few.seen <= many.seen and few.time_s <= many.time_s
    assert many.seen > 0.9 * len(town[3])


def test_cheap_ground_is_left_and_dear_ground_is_seen(town):
    cheap, dear = strips(town, 1.0, 0.001), strips(town, 1.0, 100.0)
    assert cheap.time_s < dear.time_s and cheap.seen < dear.seen
