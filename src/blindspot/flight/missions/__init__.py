"""The missions of a standing fleet: orders of people, sorties, and the file that survives a restart of the manager."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.flight.missions.fleet_orders import (
        CALLS_OFF,
        STOPS,
        SWAPPED,
        TO_ONE,
        InProgress,
        addressees,
        strays_of,
        why_busy,
        why_not_ordered,
    )
    from blindspot.flight.missions.kept import (
        KeptMission,
        KeptMissions,
        KeptWatch,
        keep,
        read_kept,
        set_aside,
        why_unaccounted,
    )
    from blindspot.flight.missions.sorties import is_last, next_sortie, outcome_of_all, sortie_file
else:
    __getattr__, __all__ = open_door(__name__)
