"""The journal of a stack: written, checked, and followed while it grows."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.journals.anchored import ANCHORED, entry_with_hash
    from blindspot.evidence.journals.journal import Entry, Journal, JournalError
    from blindspot.evidence.journals.journal_check import (
        JournalCheck,
        entries_of_act,
        entries_of_run,
        entries_with,
        verify_journal,
    )
    from blindspot.evidence.journals.mandated_runs import is_stop, is_stopped_since, why_not_by
else:
    __getattr__, __all__ = open_door(__name__)
