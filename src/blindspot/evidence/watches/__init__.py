"""The figures of a watch: how long each target was in a picture, counted from the exposures."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.watches.watch_events import WatchEvents
else:
    __getattr__, __all__ = open_door(__name__)
