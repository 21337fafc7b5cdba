"""One drone's flight, and the fleet's decisions. Plain functions and objects, without ROS."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.flight.fleet import UNFLYABLE, WAITING, Command, FleetRun
    from blindspot.flight.losses import Order
    from blindspot.flight.outcomes import WORST_FIRST, Outcome, known_outcome
else:
    __getattr__, __all__ = open_door(__name__)
