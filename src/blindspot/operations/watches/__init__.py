"""Watches: relays of drones that keep targets in the picture for hours."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.operations.watches.exchange import Act, DroneNow, DroneState, Leave, PassLook, Start
    from blindspot.operations.watches.lacking import hand_over, minutes_by_day, refuse_cameras, shortages
    from blindspot.operations.watches.last_turns import shorter_post
    from blindspot.operations.watches.post_plan import AT_POST_M, PostPlan
    from blindspot.operations.watches.relay import LEAST_PREFLIGHT_S, Relay, lead_s
    from blindspot.operations.watches.rota_chart import rota_svg
    from blindspot.operations.watches.turns import Forecast, forecast, rests_of
else:
    __getattr__, __all__ = open_door(__name__)
