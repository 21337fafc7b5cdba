"""Acts on recordings: who may see, export and erase them, the entries before, and how long a journal is kept."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.acts.access import (
        JOURNALLED,
        SEALED,
        Act,
        Actor,
        Held,
        access_content,
        enter,
        people_facts,
    )
    from blindspot.evidence.acts.counted import flown_days, watched_places
    from blindspot.evidence.acts.erasure import Erasure
    from blindspot.evidence.acts.kept_on_computer import what_is_kept
    from blindspot.evidence.acts.register import ENDED, open_runs, register_sent
    from blindspot.evidence.acts.retention import forget_head, kept_days, lost_entry, note_head, why_kept
else:
    __getattr__, __all__ = open_door(__name__)
