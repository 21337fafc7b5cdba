"""The evidence of a run: recording, report, briefing, summary, and the limits that the run kept or broke."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.dispatched import keep_dispatch
    from blindspot.evidence.journals.journal import Entry, Fact, Journal, JournalError, last_entries
    from blindspot.evidence.journals.journal_check import (
        FoldedAct,
        JournalCheck,
        entries_of_act,
        verify_journal,
    )
    from blindspot.evidence.later_sorties import sorties_after
    from blindspot.evidence.recorder import Recorder, RecordingLimits
    from blindspot.evidence.recording import RecordedTopic
    from blindspot.evidence.run_files import conclude
    from blindspot.evidence.run_papers import keep_papers
    from blindspot.evidence.summary import max_deviation_m, planned_m2
else:
    __getattr__, __all__ = open_door(__name__)
