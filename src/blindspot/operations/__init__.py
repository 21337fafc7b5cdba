"""Missions over days: the operation file, its calendar, ledger and crew. Independent of ROS; ground station only."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.operations.calendar import local as local, occurrences as occurrences
    from blindspot.operations.operation_file import load_operation as load_operation
else:
    __getattr__, __all__ = open_door(__name__)
