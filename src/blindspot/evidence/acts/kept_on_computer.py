"""The facts for the law about earlier recordings on a drone's computer (RET-01, RET-02, DWL-02).

The facts come from the files below the folder of all runs, from the erasures since the start, and from the journal: a
recording that the journal closed, and that is neither here nor erased, has an unknown end. Copies elsewhere on the
computer, and on other computers, are not seen.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from blindspot.evidence.acts.access import ERASED, RECORDING, SEALED
from blindspot.evidence.acts.receipts import PURGED
from blindspot.evidence.journals.journal_check import entries_of_act
from blindspot.evidence.kept.recorded_files import CLEAR, FOLDER, flagged_at, recordings_of, stood_still
from blindspot.law.rules import Kept, KeptRecording

MOST_FILES = 200_000
"""Files below the folder of the runs that are looked at; with more the number of copies is unknown."""
OWN_PICTURES = frozenset({"plan.png", "coverage.png", "turning.png", "uncertainty.png", "compare.png"})
"""Pictures that plans and runs have: maps, without any photograph."""
PHOTOGRAPHS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".dng", ".raw", ".npy")
FILMS = (".mp4", ".avi", ".mkv", ".mov", ".h264", ".h265", ".db3", ".bag")
"""Ends of names that no part of the stack writes, except maps."""


def what_is_kept(
    root: Path, drone: str, journal: Path, authorisation: str, here: Sequence[KeptRecording]
) -> Kept:  # fmt: skip
    """The facts about a drone's recordings below `root`.

    `here` are the recordings found there, and those erased since the start (`Erasure.kept`). `journal` is this
    computer's; its recordings under the authorisation (id) count. Raises InputError for a damaged journal.
    """
    recordings = recordings_of(root, drone)
    flagged = ((flagged_at(each), stood_still(each)) for each in recordings)
    return Kept(
        recordings=(*here, *_gone(journal, drone, authorisation, {_of(each) for each in recordings})),
        training_copies=_copies(root),
        flagged=tuple((seen + stood, None) for seen, stood in flagged if seen is not None),
    )


def _of(recording: Path) -> tuple[str, str]:
    """Run and file of a recording, by its place."""
    return recording.parent.parent.name, recording.name


def _gone(
    journal: Path, drone: str, authorisation: str, here: Collection[tuple[str, str]]
) -> Iterator[KeptRecording]:  # fmt: skip
    """The closed recordings of the journal that are not here, and whose erasure nobody entered."""
    begun, closed, purged = set[tuple[str, str]](), dict[tuple[str, str], None](), set[str]()
    for entry in entries_of_act(journal, RECORDING, SEALED, ERASED, PURGED):
        run, file = str(entry.facts.get("run")), str(entry.facts.get("file"))
        if entry.act == PURGED:
            purged.add(run)
        elif entry.facts.get("drone") != drone:
            continue
        elif entry.act == RECORDING and entry.facts.get("authorisation") == authorisation:
            begun.add((run, file))
        elif entry.act == SEALED and (run, file) in begun:
            closed[run, file] = None
        elif entry.act == ERASED:
            closed.pop((run, file), None)
    for run, file in closed:
        if run not in purged and (run, file) not in here:
            yield KeptRecording(name=f"{run}/{FOLDER}/{file}", due=None)


def _copies(root: Path) -> int | None:
    """The number of files that may hold pictures of recordings and that no recorder wrote; None for too many files."""
    seen = copies = 0
    for folder, _, names in os.walk(root):
        seen += len(names)
        if seen > MOST_FILES:
            return None
        copies += sum(_is_copy(Path(folder).name, name) for name in names)
    return copies


def _is_copy(folder: str, name: str) -> bool:
    end = Path(name).suffix.lower()
    if end == CLEAR:
        return folder != FOLDER
    return end in (*PHOTOGRAPHS, *FILMS) and name not in OWN_PICTURES
