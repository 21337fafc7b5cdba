"""One drone's flight, and the fleet's decisions. Plain functions and objects, without ROS."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.flight.fleet import (
        UNFLYABLE as UNFLYABLE,
        WAITING as WAITING,
        WORST_FIRST as WORST_FIRST,
        Command as Command,
        FleetRun as FleetRun,
        Outcome as Outcome,
        known_outcome as known_outcome,
    )
    from blindspot.flight.losses import Order as Order
else:
    __getattr__, __all__ = open_door(__name__)
