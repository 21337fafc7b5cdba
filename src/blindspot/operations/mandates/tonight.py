"""All needs of an evening of an operation under the authorisation, as one list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from blindspot.law.drafts import Paper
from blindspot.operations.calendar import Occurrence
from blindspot.operations.feasible import Problem
from blindspot.operations.operation_file import Operation

State = Literal["ready", "missing", "later", "not needed"]


@dataclass(frozen=True, slots=True)
class Need:
    """One need of an evening. `since` is the time of the paper, `command` brings the paper; `later` is due at each
    pass."""

    name: str
    state: State
    note: str = ""
    since: datetime | None = None
    command: str = ""


def needs(
    operation: Operation, evening: Occurrence, papers: Iterable[Paper], faults: Iterable[Problem],
    mandated: Collection[str], awaiting: Collection[str], commands: Mapping[str, str],
) -> tuple[Need, ...]:  # fmt: skip
    """The list for an evening.

    Parameters
    ----------
    papers, faults
        The papers of the authorisation at the moment of the evening, and the faults of packs, crew and law.
    mandated
        The pilots whose signed mandate for the evening counts.
    awaiting
        Passes that wait for a person who measures the wind.
    commands
        By the name of a need: the command for the need.
    """
    found = [_of_paper(paper, commands) for paper in papers]
    pilots = operation.file.crew.pilots
    if not operation.fleet.has_keys:
        found.append(Need("mandate", "not needed", "the fleet file names no keys"))
    elif signed := [pilot for pilot in pilots if pilot in mandated]:
        found.append(Need("mandate", "ready", f"signed by {', '.join(signed)}"))
    else:
        problem = f"no pilot of {', '.join(pilots)} has signed {evening.id}"
        found.append(Need("mandate", "missing", problem, command=commands["mandate"]))
    most = f"at most {operation.file.weather.max_wind_mps:g} m/s at the pad"
    if awaiting:
        problem = f"{', '.join(awaiting)} waits for the measured wind, {most}"
        found.append(Need("wind", "missing", problem, command=commands["wind"]))
    else:
        found.append(Need("wind", "later", f"measured before each pass, {most}", command=commands["wind"]))
    return (*found, *_of_crew(operation, tuple(faults), commands))


def _of_paper(paper: Paper, commands: Mapping[str, str]) -> Need:
    if not paper.needed:
        return Need(paper.name, "not needed")
    if not paper.problem:
        return Need(paper.name, "ready", since=paper.since)
    note = f"{paper.problem}; {paper.remedy}"
    return Need(paper.name, "missing", note, paper.since, commands.get(paper.name, ""))


def _of_crew(operation: Operation, faults: tuple[Problem, ...], commands: Mapping[str, str]) -> tuple[Need, ...]:
    """Packs and hands: each fault, or both as ready."""
    usual = commands.get("packs and hands", "")
    if faults:
        return tuple(
            Need(one.subject, "missing", f"{one.problem}; {one.fix}", command=commands.get(one.subject) or usual)
            for one in faults
        )
    packs, crew = len(operation.fleet.file.packs), operation.file.crew
    people = f"{len(crew.pilots)} pilots and {len(crew.hands)} hands change packs in time"
    is_listed = Need("packs", "ready", f"{packs} packs suffice") if packs else Need(
        "packs", "not needed", "the fleet file lists none"
    )  # fmt: skip
    return is_listed, Need("hands", "ready", people)
