"""Marks that people set on the recordings of a run: a flag shortens the time of a recording, a hold stops the time."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.marks.run_marks import flag_run, hold_run
else:
    __getattr__, __all__ = open_door(__name__)
