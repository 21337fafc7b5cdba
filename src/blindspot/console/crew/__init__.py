"""The crew of a page: people with their rights, and the signatures of their orders. Free of ROS."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.console.crew.crew_desk import CrewDesk, Kind, Prepared, text_in, texts_in
    from blindspot.console.crew.fleet_people import crew_of
    from blindspot.console.crew.page_flights import AskedPlan, PageFlights, PlannedFlight
    from blindspot.console.crew.refused_attempts import RefusedAttempts
else:
    __getattr__, __all__ = open_door(__name__)
