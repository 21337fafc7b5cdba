"""A plan in flight: the state of the drones, closed zones, detours, and the time of each step."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.mission.in_flight.detour import Detour, with_detour
    from blindspot.mission.in_flight.situation import Situation, Standing, load_situation, occupied, standing
    from blindspot.mission.in_flight.timeline import Moment, moments
else:
    __getattr__, __all__ = open_door(__name__)
