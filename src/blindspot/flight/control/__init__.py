"""The state machine of one flight: phases, orders, inspection, reattachment, take-over."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.flight.control.controller import RouteFlight as RouteFlight
    from blindspot.flight.control.inspect import (
        AIMED_WITHIN_S as AIMED_WITHIN_S,
        REACH_M as REACH_M,
        SPEED_MPS as SPEED_MPS,
        ClearWay as ClearWay,
        Inspection as Inspection,
        nobody_clears as nobody_clears,
    )
    from blindspot.flight.control.orders import because as because
    from blindspot.flight.control.reattach import NOT_FLOWN as NOT_FLOWN, LastTold as LastTold
    from blindspot.flight.control.take_over import TakeOver as TakeOver
else:
    __getattr__, __all__ = open_door(__name__)
