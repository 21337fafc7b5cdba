"""The places of a tour are joined to its pad, around corners and from the edge of its sector."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, box

from blindspot.planning.airspace.air import air_in
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import Patrol, drone_of
from blindspot.planning.tours.tour_parts import FAR_S, parts_of
from blindspot.planning.views.candidates import POSE_ERROR_M
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.target_ground import survey_ground


@pytest.fixture
def times_from_pad(mission, site):
    """A function: the flight times from the pad of a drone in this air to all of about 12 places."""
    ground = survey_ground(mission, site)
    drone = drone_of(mission, ground, "drone1")
    cells = np.flatnonzero(ground.spots.blind)[::200]

    def times(free):
        east_m, north_m = drone.home_2d
        air = air_in(shapely.affinity.translate(free, east_m, north_m), drone.air.grid)
        patrol = Patrol(replace(drone, air=air), air, ways_from(air, drone.home_2d))
        weight = np.ones(len(cells), dtype=np.float32)
        field, targets = ground.taller(POSE_ERROR_M), Targets.of(ground.field, cells)
        return parts_of(mission, patrol, field, targets, weight, 12).choice.go_s[0]

    return times


def test_places_beyond_a_staggered_street_are_joined_to_the_pad(times_from_pad):
    """Around two corners near each other, where no block has its place."""
    street = LineString([(0.0, 0.0), (-30.0, 0.0), (-30.0, 3.0), (-33.0, 3.0), (-33.0, 30.0)])
    assert times_from_pad(street.buffer(1.0, cap_style="square", join_style="mitre")).max() < FAR_S


def test_a_pad_whose_cell_is_cut_by_the_edge_of_its_sector_is_joined_to_its_places(times_from_pad):
    """A cell is open if all of it lies in the sector."""
    times = times_from_pad(box(-40.0, -0.3, 40.0, 40.0))
    assert len(times) > 5 and times.max() < FAR_S
