"""Assumed values for data that is missing in a town's files. Each use is a finding that `site check` lists.

The values are on the safe side: a fixed camera sees less than it may in reality, and less ground is public than may be
in reality.
"""

from __future__ import annotations

from types import MappingProxyType

from blindspot.site.ground.grid import HEADROOM_M

# Buildings.
STOREY_M = 3.0
"""Height of a storey (OpenStreetMap's own convention; BD TOPO of Nantes has a median of 3.25 m)."""
NEIGHBOUR_RADIUS_M = 50.0
"""A building of unknown height and storeys gets the median height of its neighbours within this distance. The distance
doubles until it holds `FEWEST_NEIGHBOURS`."""
FEWEST_NEIGHBOURS = 5
"""A median of fewer follows one gate or tower."""
BUILDING_HEIGHT_M = 15.0
"""A building of unknown height in a site that knows fewer than `FEWEST_NEIGHBOURS`: higher than most houses, so that it
hides more ground, and drones pass higher."""

FOOT_TOLERANCE_M = 5.0
"""A building's foot counts as a mistake if its height differs by more than this from the ground around it."""

STRUCTURE_HEIGHT_M = 120.0
"""A chimney, mast or crane of unknown height: as high as any flight, so that no flight crosses it."""
STRUCTURE_REACH_M = 2.0
"""Half the side of a structure that is drawn as a point."""

# Trees: a large crown that begins just above people's heads, so that the cameras see little past it.
TREE_HEIGHT_M = 12.0
TREE_TALLEST_M = 40.0
"""A crown of unknown height for a flight over it: few street trees are higher, a plane tree has 35 m."""
TREE_CROWN_M = 8.0
TREE_BASE_M = HEADROOM_M
TREE_ROW_STEP_M = 4.0
"""Distance between the trees of a row. With crowns of the assumed width the row is a closed hedge in the air."""

# Roads: width of the carriageway, m. The narrowest value that is common in the class.
HIGHWAY_WIDTH_M = MappingProxyType(
    {
        "path": 1.0,
        "bridleway": 1.5,
        "cycleway": 1.5,
        "footway": 1.5,
        "steps": 1.5,
        "service": 2.5,
        "track": 2.5,
        "living_street": 3.0,
        "pedestrian": 3.0,
        "residential": 3.0,
        "road": 3.0,
        "unclassified": 3.0,
        "tertiary": 3.0,
        "tertiary_link": 3.0,
        "secondary": 3.0,
        "secondary_link": 3.0,
        "primary": 3.0,
        "primary_link": 3.0,
        "trunk": 3.5,
        "trunk_link": 3.5,
    }
)
"""By OpenStreetMap's `highway`: the classes of roads that people walk along."""
ROAD_WIDTH_M = MappingProxyType(
    {
        "Sentier": 2.0,
        "Escalier": 2.0,
        "Chemin": 2.5,
        "Route empierrée": 3.0,
        "Route à 1 chaussée": 3.0,
        "Rond-point": 3.0,
        "Route à 2 chaussées": 3.0,
        **HIGHWAY_WIDTH_M,
    }
)
"""By a road's nature: BD TOPO's `NATURE`, or OpenStreetMap's `highway`."""
OTHER_ROAD_WIDTH_M = 2.0
LANE_M = 2.5
"""Width of a lane if only the number of lanes is known."""

# Fixed cameras.
CAMERA_HEIGHT_M = 5.0
CAMERA_TILT_DEG = -15.0
CAMERA_HFOV_DEG = 60.0
CAMERA_RESOLUTION_PX = (1920, 1080)
CAMERA_RANGE_M = 100.0
"""Files usually give no range. Beyond 100 m, haze, rain and night make the picture worse than its pixel count."""
DOME_TILT_DEG = -45.0
DOME_VFOV_DEG = 90.0
"""A dome is assumed to see from the horizon down to the foot of its mast."""
PANNING_MOVE_S = 5.0
"""Time from one preset to the next: turning, zooming, and settling of the picture. A good head is faster."""
PANNING_TILT_DEG = (-90.0, 15.0)
"""Lowest and highest tilt of a panning head."""

# Possible real values of a camera where the files are silent: for the pessimistic and the optimistic map only. An
# unknown heading may have any value; a camera of unknown `camera:type` may be fixed, dome or panning.
POSSIBLE_HEIGHT_M = (3.0, 10.0)
POSSIBLE_TILT_DEG = (-40.0, -5.0)
POSSIBLE_HFOV_DEG = (30.0, 45.0, 80.0, 110.0)
"""From a telephoto to a wide-angle lens of street cameras. The values between serve the optimistic map: a place beside
the optical axis is seen best by the narrowest picture that still contains it."""
POSSIBLE_DOME_HFOV_DEG = 180.0
"""The smallest field of view of a dome. Many domes contain one lens, and its direction is invisible from outside."""
POSSIBLE_RESOLUTION_PX = ((1280, 720), (3840, 2160))
POSSIBLE_RANGE_M = (50.0, 150.0)
"""At night and in rain; on a clear day."""

DEEPEST_IN_WALL_M = 5.0
"""A camera deeper inside a building may watch indoors, or the street on the other side. Nearer to a facade, a camera
is a street camera with a slightly wrong place on the map."""
WALL_CLEARANCE_M = 0.4
"""Minimum distance of a camera from any facade. It exceeds half the diagonal of a 0.5 m cell, so that the camera's cell
is open."""
