"""Events for publication in addition to sightings: only the events of the authorisation's list, without identity."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.vision.events.episodes import Event, Stage
    from blindspot.vision.events.settings import load_events
    from blindspot.vision.events.watch import EventWatch, event_watch
else:
    __getattr__, __all__ = open_door(__name__)
