"""Recordings on a disk: their files, the marks beside them, the time of their erasure, and the facts that interrupt
them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.kept.axis_rest import AxisRest
    from blindspot.evidence.kept.recorded_files import (
        FOLDER,
        OPENED,
        are_due,
        begun_at,
        due_facts,
        due_of,
        is_as_recorded,
        is_recording,
        write_flag,
        write_hold,
    )
else:
    __getattr__, __all__ = open_door(__name__)
