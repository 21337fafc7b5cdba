"""The folders of runs that a journal names: a journal lies beside its runs, above them, or apart from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from blindspot.acts.journals import RUNS
from blindspot.acts.run_folders import Run, is_run, runs_in


def runs_of(journal: Path, further: Iterable[Path] = ()) -> Mapping[str, Run]:
    """The runs of a journal by their names in its entries, found beside the journal and in `further` folders.

    A name with two folders is left out: nobody knows which of the two the journal means. The name "" is the run in the
    journal's own folder.
    """
    home = journal.resolve().parent
    found: dict[str, dict[Path, Run]] = {}
    for root in dict.fromkeys(each.resolve() for each in (home, home / RUNS, *further)):
        for run in runs_in(root) if root.is_dir() else ():
            if run.id:
                found.setdefault(run.id, {})[run.folder] = run
    one = {name: next(iter(runs.values())) for name, runs in found.items() if len(runs) == 1}
    return one | ({"": Run(home, home.name)} if is_run(home) else {})


def figures_of(proportion: Mapping[str, Any] | None, name: str) -> float | None:
    """A flown figure of a run's proportion; None is unknown."""
    value = (proportion or {}).get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
