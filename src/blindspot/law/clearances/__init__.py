"""The clearances of a standing stack: one for each cleared plan, and the rules between them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.law.clearance import Known as Known
    from blindspot.law.clearances.clearances import (
        Asked as Asked,
        Clearance as Clearance,
        Clearances as Clearances,
        Entries as Entries,
    )
    from blindspot.law.clearances.legal_time import LegalTime as LegalTime
    from blindspot.law.clearances.monitor import FlightMonitor as FlightMonitor, broadcast_breach as broadcast_breach
else:
    __getattr__, __all__ = open_door(__name__)
