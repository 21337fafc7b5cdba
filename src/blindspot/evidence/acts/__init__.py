"""Acts on recordings: who may see, export and erase them, the entries before, and how long a journal is kept."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.evidence.acts.access import (
        JOURNALLED as JOURNALLED,
        SEALED as SEALED,
        Act as Act,
        Actor as Actor,
        Held as Held,
        enter as enter,
        people_facts as people_facts,
    )
    from blindspot.evidence.acts.erasure import FOLDER as FOLDER, Erasure as Erasure, due_facts as due_facts
    from blindspot.evidence.acts.register import (
        ENDED as ENDED,
        REGISTER_SENT as REGISTER_SENT,
        open_runs as open_runs,
        register_sent as register_sent,
        uses_since as uses_since,
    )
    from blindspot.evidence.acts.retention import (
        kept_days as kept_days,
        lost_entry as lost_entry,
        note_head as note_head,
        why_kept as why_kept,
    )
else:
    __getattr__, __all__ = open_door(__name__)
