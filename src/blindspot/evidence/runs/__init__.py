"""Runs on this computer: their folders, journals, archives, erasure, and who may act on them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.runs.checked_journals import checked_journal, journal_at, newest_journal
    from blindspot.evidence.runs.old_journals import erase_journal
    from blindspot.evidence.runs.run_archive import MANIFEST, export_run
    from blindspot.evidence.runs.run_folders import Run, RunFacts, facts_of, find_run, runs_in
    from blindspot.evidence.runs.run_index import folder_of_all, list_anew, write_index
    from blindspot.evidence.runs.run_purge import PurgedRun, older_runs, purge_run, why_not_purged
    from blindspot.evidence.runs.run_view import RunView, view_run
else:
    __getattr__, __all__ = open_door(__name__)
