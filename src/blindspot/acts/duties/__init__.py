"""Duties towards an authority, which a person does in the journal of the real drones: ended runs, register, minutes."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.duties.anchors import fetch_anchor, request_anchor, take_anchor
    from blindspot.acts.duties.ended_runs import note_end, runs_without_end
    from blindspot.acts.duties.minutes_before import state_minutes
    from blindspot.acts.duties.overdue_duties import overdue
    from blindspot.acts.duties.sent_register import send_register
else:
    __getattr__, __all__ = open_door(__name__)
