"""Use cases above evidence, operations and stack: runs on this computer are found, shown, archived and erased. `plans`
makes plans with their papers, `evenings` signs and orders the evenings of an operation, `duties` are the entries for
an authority."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.checked_journals import checked_journal, journal_at, newest_journal
    from blindspot.acts.checked_runs import checked_run
    from blindspot.acts.old_journals import erase_journal
    from blindspot.acts.run_archive import export_run
    from blindspot.acts.run_folders import Run, RunFacts, facts_of, find_run, runs_in
    from blindspot.acts.run_index import folder_of_all, list_anew, write_index
    from blindspot.acts.run_purge import PurgedRun, older_runs, purge_run, why_not_purged
    from blindspot.acts.run_view import RunView, view_run
else:
    __getattr__, __all__ = open_door(__name__)
