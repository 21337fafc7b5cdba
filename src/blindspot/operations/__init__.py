"""Missions over days: the operation file, its calendar, ledger and crew. Independent of ROS; ground station only."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.operations.calendar import occurrence_document, occurrences
    from blindspot.operations.drive import Scheduler
    from blindspot.operations.feasible import packs_of_pass, problems, tours_of
    from blindspot.operations.ledger import Ledger, read_ledger
    from blindspot.operations.operation_file import Operation, load_operation
    from blindspot.operations.operation_report import figures, page
    from blindspot.operations.promise import breaches
    from blindspot.operations.scheduler import RunNow, World, why_not_ordered
    from blindspot.operations.scheduler_lock import is_scheduled, only_scheduler
    from blindspot.operations.secret import Secret
    from blindspot.operations.states import PassRow
else:
    __getattr__, __all__ = open_door(__name__)
