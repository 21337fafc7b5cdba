"""The speed into a corner leaves room for a hold, and is not lower than it must be."""

import math
from dataclasses import replace

import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely.geometry import LineString, box

from blindspot.planning.airspace.holds import HoldRoom
from blindspot.site.town.model import Building

AROUND = box(-500.0, -500.0, 500.0, 500.0)
LAST_M = 2.3


@pytest.fixture(scope="module")
def room_of(mission, site):
    def room(*walls, up_m=80.0, height_m=20.0, over_roofs=False):
        buildings = tuple(Building(str(k), wall, 0.0, height_m, False) for k, wall in enumerate(walls))
        limits = mission.file.limits.model_copy(update={"over_roofs": over_roofs})
        town = replace(site, buildings=buildings, trees=())
        return HoldRoom.of(town, AROUND, limits, mission.models["reference"], up_m)

    return room


def test_a_free_corner_is_flown_at_the_wanted_speed(room_of):
    assert room_of(box(-20, 60, 20, 70)).speed_mps((0.0, 0.0), (0.0, 40.0), 8.0) == 8.0
    assert room_of().speed_mps((0.0, 0.0), (0.0, 40.0), 8.0) == 8.0
    assert room_of(box(-20, 6, 20, 10)).speed_mps((3.0, 0.0), (3.0, 0.0), 8.0) == 8.0


def test_a_wall_beyond_a_corner_slows_the_way_to_it(room_of):
    wall = box(-20, 46, 20, 50)
    assert room_of(wall).speed_mps((0.0, 0.0), (0.0, 40.0), 6.0) == 4.6
    assert room_of(wall).speed_mps((20.0, 40.0), (0.0, 40.0), 6.0) == 6.0


def test_over_roofs_only_a_wall_at_the_drones_height_counts(room_of):
    wall = box(-20, 46, 20, 50)
    assert room_of(wall, over_roofs=True).speed_mps((0.0, 0.0), (0.0, 40.0), 6.0) == 6.0
    assert room_of(wall, over_roofs=True, height_m=78.0).speed_mps((0.0, 0.0), (0.0, 40.0), 6.0) == 4.6


def test_a_slide_that_grazes_the_rounded_corner_of_an_outline_has_its_room(room_of):
    """The outline of a buffer lies some millimetres inside the true distance: the slide is near and meets nothing."""
    room = room_of(box(-10.0, -10.0, 0.0, 0.0))
    turn = math.radians(90.0 / 16.0 / 2.0)  # the middle between two corners of the buffer's outline
    across, along = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    start, end = (
        tuple((room.kept_m - 0.001) * a + way_m * b for a, b in zip(across, along, strict=True))
        for way_m in (-27.0, -2.0)
    )
    assert room.speed_mps(start, end, 6.0) == 6.0


@settings(deadline=None, max_examples=60)
@given(
    st.floats(5.8, 15.0), st.floats(0.0, 360.0), st.floats(-30.0, 30.0), st.floats(1.0, 40.0), st.floats(0.0, 90.0),
    st.sampled_from([2.0, 6.0, 8.0, 12.0]),
)  # fmt: skip
def test_the_chosen_speed_is_the_highest_tenth_with_room(room_of, off_m, heading_deg, beside_m, wide_m, turn_deg, mps):
    wall = shapely.affinity.rotate(box(beside_m, 0.0, beside_m + wide_m, 8.0), turn_deg, origin=(0, 0))
    wall = shapely.affinity.translate(wall, 0.0, off_m - min(0.0, wall.bounds[1]))
    end = (25.0 * math.sin(math.radians(heading_deg)), 25.0 * math.cos(math.radians(heading_deg)))
    start, end, wall = (0.0, 0.0), end, shapely.affinity.translate(wall, *end)

    def gap_m(speed_mps):
        share = speed_mps**2 / 6.0 / 25.0
        return LineString([end, (end[0] * (1 + share), end[1] * (1 + share))]).distance(wall)

    chosen_mps = room_of(wall).speed_mps(start, end, mps)
    assert gap_m(chosen_mps) >= LAST_M
    assert chosen_mps == mps or gap_m(chosen_mps + 0.1) < LAST_M + 0.1
