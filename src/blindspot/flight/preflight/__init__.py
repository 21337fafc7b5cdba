"""The pre-flight list: the checks, and the work through the list."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.flight.preflight.checklist import MISSION_MODE, SEEN_FIRST, Check, Judged, Line, Preflight
    from blindspot.flight.preflight.computer_checks import on_board_checks
    from blindspot.flight.preflight.preflight import NOT_REPORTED, checks, names_of_checks
else:
    __getattr__, __all__ = open_door(__name__)
