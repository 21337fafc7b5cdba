"""The clearances of a standing stack: one for each cleared plan, and the rules between them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.law.clearance import Known as Known
    from blindspot.law.clearances.clearances import Clearances as Clearances, Entries as Entries
    from blindspot.law.clearances.counters import (
        WATCHED as WATCHED,
        Counters as Counters,
        together as together,
        watched as watched,
        week_of as week_of,
    )
    from blindspot.law.clearances.ledger import DayMeter as DayMeter, Ledger as Ledger, state_folder as state_folder
    from blindspot.law.clearances.legal_time import LegalTime as LegalTime
    from blindspot.law.clearances.live import LiveAuthorisation as LiveAuthorisation
    from blindspot.law.clearances.monitor import FlightMonitor as FlightMonitor, breach_by_facts as breach_by_facts
    from blindspot.law.clearances.one_clearance import Asked as Asked, Clearance as Clearance
    from blindspot.law.clearances.rest import is_rest as is_rest
else:
    __getattr__, __all__ = open_door(__name__)
