"""The conclusion of a run: summary, report and papers from a whole record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blindspot.core import InputError, one_line, read_file, writable_or_error
from blindspot.evidence.later_sorties import sorties_after
from blindspot.evidence.observed.event_log import EVENTS_FILE
from blindspot.evidence.report import FILE_NAME as REPORT
from blindspot.evidence.run_files import conclude
from blindspot.mission import MissionRef, Plan, load_fleet, load_plan

LOG = "conclusion.log"
"""In the folder of the run, in the place of a report that can't be written."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A record that is to be judged and written.

    `fleet` is the fleet file, `mission` and `sha256` name the mission as in a `MissionRef`. `plan` is the SHA-256 of
    the plan that was ordered, of several sorties the first. `facts` are those of `conclude`.
    """

    folder: str
    fleet: str
    mission: str
    sha256: str
    plan: str
    simulated: bool
    facts: Mapping[str, Any]

    def write(self) -> str:
        """Write `summary.json` and `report.html`; the outcome, `failed` if the run broke a limit.

        Raises InputError for an unusable file, and for a plan in the folder that is not the ordered one: the flight
        would be judged by another plan.
        """
        folder = Path(self.folder)
        mission = MissionRef(self.mission, self.sha256).read(load_fleet(Path(self.fleet)))
        plan = ordered_plan(folder, self.plan)
        with writable_or_error(folder):
            summary = conclude(mission, plan, self.facts, folder, simulated=self.simulated)
        return summary.outcome if not summary.violations else "failed"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_file(cls, path: Path) -> Conclusion:
        return cls(**json.loads(read_file(path)))


def ordered_plan(folder: Path, sha256: str) -> Plan:
    """The plan in the folder of a run, of several sorties the first. Raises InputError if neither it nor one of its
    sorties is the plan with this hash, which was ordered."""
    plan = load_plan(folder / "plan.json")
    if sha256 not in (part.sha256 for part in (plan, *sorties_after(plan, folder))):
        problem = f"is not the plan that was ordered, whose SHA-256 is {sha256}"
        raise InputError(folder / "plan.json", "", problem, "put the cleared plan back")
    return plan


def is_begun(folder: Path) -> bool:
    """Whether the record of the run in this folder is open, or was."""
    return (folder / EVENTS_FILE).exists()


def is_concluded(folder: Path) -> bool:
    """Whether the record of the run in this folder is closed and judged, with a report or without."""
    return any((folder / name).is_file() for name in (REPORT, LOG))


def why_no_report(folder: Path) -> str:
    """The reason why a run has no report, in one sentence; empty if it has one."""
    if (folder / REPORT).is_file():
        return ""
    try:
        reason = one_line(read_file(folder / LOG).decode(errors="replace").strip().removeprefix("blindspot: "), 600)
    except OSError:
        return "the record of the run is not concluded: see blindspot status"
    return reason or f"{folder / LOG} is empty: its reason can't be written; see the disk"
