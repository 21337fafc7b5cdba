"""The state machine of one flight: phases, orders, inspection, reattachment, take-over."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.flight.control.controller import RouteFlight
    from blindspot.flight.control.inspect import (
        AIMED_WITHIN_S,
        LONGEST_S,
        REACH_M,
        SPEED_MPS,
        ClearWay,
        Inspection,
        nobody_clears,
        pace_mps,
        why_not_inspect,
    )
    from blindspot.flight.control.margins import Margin
    from blindspot.flight.control.orders import CALLED_OFF, because
    from blindspot.flight.control.reattach import AT_REST, NOT_FLOWN, LastTold
    from blindspot.flight.control.sensor import NO_RIGHT
    from blindspot.flight.control.take_over import TakeOver
else:
    __getattr__, __all__ = open_door(__name__)
