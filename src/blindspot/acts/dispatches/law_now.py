"""The law on a look now, by the facts that the gate takes, as far as this computer knows them.

The gate alone knows the facts of pre-flight of a real flight: `left_to_gate` names the rules on them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from blindspot.acts.dispatches.plan_of_run import flown_plan
from blindspot.core import BlindspotError, InputError
from blindspot.evidence.acts import flown_days, watched_places
from blindspot.law import Loaded, judge_plan, load_authorisation, preflight_rules
from blindspot.law.clearances import Counters, Ledger, state_folder, together, watched, weeks_from
from blindspot.mission import Plan
from blindspot.stack import stack_record


@dataclass(frozen=True, slots=True)
class LawNow:
    """Judges looks at a moment. Facts that are `None` are unknown: for real drones they refuse."""

    asked: Loaded
    at: datetime
    simulated: bool
    flown_s: float | None = None
    """Flight time of the day, s."""
    counters: Counters | None = None
    """Time in pictures of each place; None without a limit."""
    looking: frozenset[str] | None = None
    """Drones of the missions in progress whose cameras count with those of this mission."""
    problem: str = ""
    """Why the ledger or the journal of the day can't be read: then nothing is cleared."""

    @classmethod
    def of(cls, asked: Loaded, stack: Mapping[str, Any] | None, now_utc: datetime) -> LawNow:
        """The facts of this computer's stack. Without a stack a simulated flight is judged without earlier flights."""
        if stack is None:
            return cls(asked, asked.mission.file.start, simulated=True)
        simulated, auth = bool(stack["simulated"]), asked.authorisation
        at, folder = asked.mission.file.start if simulated else now_utc, Path(stack["stack_dir"])
        journal, looking = journal_here(folder), _looking(asked, stack)
        day = at.astimezone(ZoneInfo(auth.file.window.tz)).date()
        try:
            flown_s = Ledger(folder if simulated else state_folder(os.environ)).flown_s(day)
            if not simulated:
                flown_s = max(flown_s, flown_days(journal)().of(day))
            is_limited = auth.file.window.max_min_per_place_per_week is not None
            counters = watched_places(journal)() if is_limited else None
        except InputError as error:
            return cls(asked, at, simulated, None, None, looking, f"PUR-04: {error}")
        if counters is not None:
            flown_s = max(flown_s, counters.on_s(day))
        return cls(asked, at, simulated, flown_s, counters, looking)

    @property
    def left_to_gate(self) -> tuple[str, ...]:
        """The rules that the gate alone judges before a take-off."""
        return () if self.simulated else preflight_rules(self.asked.authorisation)

    def refusal(self, plan: Plan, drone: str) -> str:
        """The first rule that refuses the plan of a view to a drone, or ""."""
        verdicts = judge_plan(
            self.asked.authorisation, plan, self.at, simulated=self.simulated, mission=self.asked.mission,
            flown_s=self.flown_s, place_s=self._place_s(plan), preflight=False,
            cameras_beside=None if self.looking is None else len(self.looking - {drone}),
        )  # fmt: skip
        known = [str(verdict) for verdict in verdicts if not (self.problem and verdict.rule == "PUR-04")]
        return known[0] if known else self.problem

    def _place_s(self, plan: Plan) -> float | None:
        """Longest time for which one place is in pictures in a week of the flight, s, the plan included."""
        if self.counters is None:
            return None
        seen = together(watched(plan, self.asked.mission.models))
        weeks = weeks_from(self.at, self.asked.authorisation.file.window)
        return max(self.counters.longest_s(week, seen) for week in weeks)


def journal_here(stack_dir: Path) -> Path:
    """The journal of the stack of this computer."""
    record = stack_record.stack_here(os.environ)
    return stack_dir / "journal.jsonl" if record is None else record.journal


def _looking(asked: Loaded, stack: Mapping[str, Any]) -> frozenset[str] | None:
    """The drones of the missions in progress that the gate counts together (`Looker.counts_with`); of a watch those
    that look. None if a file of a mission is missing."""
    own, looking = asked.authorisation, set[str]()
    for one in stack["missions"]:
        if one["phase"] == "done" or not one["drones"]:
            continue
        try:
            _, mission = flown_plan(
                Path(stack["stack_dir"]), one["run"], one["drones"][0], Path(stack["fleet"]), plan_id=one["plan"]
            )
            auth = load_authorisation(mission.authorisation_path)
        except BlindspotError:
            return None
        if own.id == auth.id or own.file.profile == auth.file.profile == "TEST-RANGE":
            watch = one.get("watch")
            looking |= set(one["drones"]) if watch is None else {each["looking"] for each in watch.values()} - {""}
    return frozenset(looking)
