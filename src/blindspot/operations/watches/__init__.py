"""Watches: relays of drones that keep targets in the picture for hours."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.operations.watches.exchange import Act, DroneNow, Leave, PassLook, Start
    from blindspot.operations.watches.post_plan import PostPlan
    from blindspot.operations.watches.relay import Relay
else:
    __getattr__, __all__ = open_door(__name__)
