"""The missions of a standing fleet: orders of people, sorties, and the file that survives a restart of the manager."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.flight.missions.kept import (
        KeptMission as KeptMission,
        KeptMissions as KeptMissions,
        KeptOrder as KeptOrder,
        keep as keep,
        read_kept as read_kept,
    )
    from blindspot.flight.missions.orders import (
        CALLS_OFF as CALLS_OFF,
        STOPS as STOPS,
        SWAPPED as SWAPPED,
        TO_ONE as TO_ONE,
        InProgress as InProgress,
        addressees as addressees,
        why_busy as why_busy,
        why_not_ordered as why_not_ordered,
    )
    from blindspot.flight.missions.sorties import (
        is_last as is_last,
        next_sortie as next_sortie,
        outcome_of_all as outcome_of_all,
    )
else:
    __getattr__, __all__ = open_door(__name__)
