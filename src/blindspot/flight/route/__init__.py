"""A route as MAVLink mission items, the phases of a flight, its thresholds and its bounds."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.flight.route.geometry import distance_to_path as distance_to_path, inside as inside
    from blindspot.flight.route.mission_items import GIMBAL as GIMBAL, route_items as route_items
    from blindspot.flight.route.phases import HOLD as HOLD, MISSION as MISSION, PHASES as PHASES
    from blindspot.flight.route.route_limits import HomeGround as HomeGround, RouteLimits as RouteLimits
    from blindspot.flight.route.settings import (
        FlightSettings as FlightSettings,
        resumed_within_m as resumed_within_m,
        thresholds as thresholds,
    )
else:
    __getattr__, __all__ = open_door(__name__)
