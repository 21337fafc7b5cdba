"""The clearances of a standing stack: one clearance for each cleared plan, and the rules between clearances."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.clearances.clearance import Known
    from blindspot.law.clearances.clearances import Clearances, Entries
    from blindspot.law.clearances.counters import (
        FLOWN_BEFORE,
        WATCHED,
        Counters,
        FlownDays,
        together,
        watched,
        weeks_from,
    )
    from blindspot.law.clearances.ledger import DayMeter, Ledger, state_folder
    from blindspot.law.clearances.legal_time import LegalTime
    from blindspot.law.clearances.live import LiveAuthorisation
    from blindspot.law.clearances.monitor import FlightMonitor, breach_by_facts
    from blindspot.law.clearances.one_clearance import AskedPlan, Clearance
    from blindspot.law.clearances.rest import is_rest
else:
    __getattr__, __all__ = open_door(__name__)
