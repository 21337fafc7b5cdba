"""A route as MAVLink mission items, and the phases, thresholds and bounds of a flight."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.flight.route.geometry import distance_to_path, inside
    from blindspot.flight.route.mission_items import GIMBAL, MOST_ITEMS, route_items
    from blindspot.flight.route.phases import HOLD, MISSION, PHASES
    from blindspot.flight.route.route_limits import HomeGround, RouteLimits
    from blindspot.flight.route.settings import FlightSettings, resumed_within_m, thresholds
    from blindspot.flight.route.time_limits import LONGEST_S, way_home_limit_s
else:
    __getattr__, __all__ = open_door(__name__)
