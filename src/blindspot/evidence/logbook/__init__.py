"""The record of each run: opened by an order in the journal, written as the run is heard, and concluded."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.acts.register import BEGUN
    from blindspot.evidence.journals.tail import JournalTail
    from blindspot.evidence.logbook.conclusion import (
        LOG,
        Conclusion,
        is_begun,
        is_concluded,
        ordered_plan,
        why_no_report,
    )
    from blindspot.evidence.logbook.open_record import TRACK_FILE, EarlierRecord, OpenRecord
    from blindspot.evidence.logbook.ordered_runs import OrderedRun, cleared_plans, left_open
else:
    __getattr__, __all__ = open_door(__name__)
