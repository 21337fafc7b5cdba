"""The posts of a watch with the turns that follow, and whatever the watch lacks before anything flies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from blindspot.acts.plans.mission_plan import PlannedMission
from blindspot.core import InputError, PlanningError, writable_or_error
from blindspot.law import Loaded, Verdict, judge_plan
from blindspot.mission import Fleet, Plan
from blindspot.operations.watches import (
    Forecast,
    PostPlan,
    forecast,
    hand_over,
    minutes_by_day,
    rests_of,
    rota_svg,
    shortages,
)

FILE_NAME = "rota.svg"


@dataclass(frozen=True, slots=True)
class PlannedWatch:
    """`turns` are planned in still air, `windy` in the strongest wind in which all drones may fly, `wind_mps`; None if
    a post is too short for a relief then. Each of the `lacks` is one sentence with the value that would do."""

    posts: tuple[Plan, ...]
    turns: Forecast
    wind_mps: float
    windy: Forecast | None
    windy_packs: dict[str, int]
    hand_over: str
    minutes_a_day: float
    packs: dict[str, int]
    lacks: tuple[str, ...]
    file: Path

    @property
    def document(self) -> dict[str, Any]:
        """The figures as JSON: s, min and numbers."""
        return {
            "posts": [
                {"drone": plan.routes[0].drone, "target": post.target, "on_post_s": post.dwell_s,
                 "way_s": round(post.way_s, 1), "seen_share": round(plan.watch.seen_m2 / plan.watch.target_m2, 3)}
                for plan, post in self.with_figures if plan.watch is not None
            ],
            "turns": len(self.turns.turns), "lead_s": round(self.turns.lead_s, 1), "packs": self.packs,
            "people": self.turns.people, "flight_min_per_day": round(self.minutes_a_day, 1),
            "hand_over": self.hand_over, "lacks": list(self.lacks), "in_wind": self._in_wind,
        }  # fmt: skip

    @property
    def _in_wind(self) -> dict[str, Any]:
        turns = None if self.windy is None else len(self.windy.turns)
        return {"wind_mps": self.wind_mps, "turns": turns, "packs": self.windy_packs}

    @property
    def in_wind(self) -> str:
        """The turns in the strongest permitted wind, in one line."""
        if self.windy is None:
            return f"in a wind of {self.wind_mps:g} m/s a post is too short for a relief"
        packs = ", ".join(f"{count} {model}" for model, count in self.windy_packs.items())
        stays_min = min(post.dwell_s for posts in self.windy.posts.values() for post in posts) / 60.0
        return (
            f"in a wind of {self.wind_mps:g} m/s, the strongest permitted one: {stays_min:.1f} min on post,"
            f" {len(self.windy.turns)} turns, packs needed: {packs}"
        )

    @property
    def with_figures(self) -> list[tuple[Plan, PostPlan]]:
        """Each post with its times."""
        figures = {post.drone: post for posts in self.turns.posts.values() for post in posts}
        return [(plan, figures[plan.routes[0].drone]) for plan in self.posts]


def plan_watch(made: PlannedMission, asked: Loaded, folder: Path, fleet: Fleet | None = None) -> PlannedWatch:
    """The turns of the planned posts under the mission's authorisation, with the packs of a fleet; draws the turns into
    the folder.

    Raises
    ------
    InputError
        The fleet lacks a drone of the mission, or the file can't be written.
    """
    mission, authorisation = asked.mission, asked.authorisation
    if fleet is not None and (problem := fleet.why_not(mission)):
        raise InputError(fleet.path, "", problem, "let the mission and the fleet file agree")
    posts = (made.plan, *made.others)
    found = forecast(mission, posts)
    minutes = minutes_by_day(found, authorisation)
    wind_mps, rests_s = min(model.performance.max_wind_mps for model in mission.models.values()), None
    if fleet is not None:
        rests_s = rests_of(fleet)
    try:
        windy = forecast(mission, posts, wind_mps)
    except PlanningError:
        windy = None
    packs, file = ([] if fleet is None else found.rota(fleet)), folder / FILE_NAME
    with writable_or_error(folder):
        file.write_text(rota_svg(found, packs, ZoneInfo(authorisation.file.window.tz)), encoding="utf-8")
    return PlannedWatch(
        posts, found, wind_mps, windy, {} if windy is None else windy.packs_needed(rests_s),
        hand_over(mission, authorisation), max(minutes.values()), found.packs_needed(rests_s),
        shortages(found, authorisation, fleet), file,
    )  # fmt: skip


def judge_posts(watch: PlannedWatch, asked: Loaded) -> tuple[Verdict, ...]:
    """The refusals of the posts by the authorisation, each post at the take-off of its first turn."""
    found = dict[str, Verdict]()
    for plan in watch.posts:
        first = next((turn for turn in watch.turns.turns if turn.drone == plan.routes[0].drone), None)
        if first is not None:
            begins = asked.mission.file.start + timedelta(seconds=first.takes_off_s)
            for verdict in judge_plan(asked.authorisation, plan, begins, simulated=True, mission=asked.mission):
                found.setdefault(str(verdict), verdict)
    return tuple(found.values())
