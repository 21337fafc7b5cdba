"""The evidence of a run: recording, report, briefing, summary, and the limits that the run kept or broke."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.evidence.briefing import HowItFlies as HowItFlies
    from blindspot.evidence.journal import (
        Entry as Entry,
        Fact as Fact,
        Journal as Journal,
        JournalError as JournalError,
        last_entries as last_entries,
    )
    from blindspot.evidence.journal_check import (
        FoldedAct as FoldedAct,
        JournalCheck as JournalCheck,
        entries_of_act as entries_of_act,
        entries_of_run as entries_of_run,
        entries_with as entries_with,
        verify_journal as verify_journal,
    )
    from blindspot.evidence.miss_rate import MODEL_LINE as MODEL_LINE
    from blindspot.evidence.recorder import Recorder as Recorder, RecordingLimits as RecordingLimits
    from blindspot.evidence.recording import RecordedTopic as RecordedTopic
    from blindspot.evidence.run_files import conclude as conclude, sorties_after as sorties_after
    from blindspot.evidence.summary import planned_m2 as planned_m2
else:
    __getattr__, __all__ = open_door(__name__)
