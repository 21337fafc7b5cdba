"""Missions over days: the operation file, its calendar, ledger and crew. Independent of ROS; ground station only."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.operations.calendar import occurrences as occurrences
    from blindspot.operations.drive import Scheduler as Scheduler
    from blindspot.operations.feasible import packs_of_pass as packs_of_pass, problems as problems, tours_of as tours_of
    from blindspot.operations.ledger import Ledger as Ledger, read_ledger as read_ledger
    from blindspot.operations.operation_file import Operation as Operation, load_operation as load_operation
    from blindspot.operations.promise import breaches as breaches
    from blindspot.operations.report import figures as figures, occurrence_document as occurrence_document, page as page
    from blindspot.operations.scheduler import RunNow as RunNow, World as World, why_not_ordered as why_not_ordered
    from blindspot.operations.scheduler_lock import is_scheduled as is_scheduled, only_scheduler as only_scheduler
    from blindspot.operations.secret import Secret as Secret
    from blindspot.operations.states import PassRow as PassRow
else:
    __getattr__, __all__ = open_door(__name__)
