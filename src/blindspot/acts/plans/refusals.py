"""The reasons why a mission is not planned, or a plan file is not taken, before a search or a flight begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blindspot.core import InputError, RefusedError
from blindspot.law import Loaded, judge_start
from blindspot.mission import Mission, Plan, load_plan

if TYPE_CHECKING:
    from blindspot.planning.checker import Violation


def refuse_start(asked: Loaded) -> None:
    """Raise RefusedError if the authorisation is invalid at the mission's start, and InputError if an overwatch has
    more targets than cameras may look at once. This needs no plan."""
    if asked.mission.file.kind == "overwatch":
        from blindspot.operations.watches import refuse_cameras  # other missions never load it

        refuse_cameras(asked.mission, asked.authorisation)
    if verdicts := judge_start(asked.authorisation, asked.mission.file.start):
        raise RefusedError(tuple(map(str, verdicts)))


def refuse_foreign(taken: Path, asked: Loaded) -> None:
    """Raise InputError for a plan file of another mission."""
    from blindspot.planning.checker import of_another_mission  # a flight without a plan file never loads the checker

    refuse_others(taken, tuple(of_another_mission(load_plan(taken), asked.mission, asked.site)))


def refuse_others(taken: Path, violations: Sequence[Violation]) -> None:
    """Raise InputError for a plan of another mission: this mission's rules can't judge it."""
    other = next((violation for violation in violations if violation.rule == "mission"), None)
    if other is not None:
        raise InputError(taken, "", f"is no plan of this mission: {other}", "take a plan of this mission")


def refuse_few_posts(taken: Path, posts: Sequence[Plan], mission: Mission) -> None:
    """Raise InputError unless the posts of a watch in the folder of a plan file are whole: all of their number, of
    drones of the mission, and at least two for each target."""
    again = f"put the files post-N.json of one plan into {taken.parent}, or leave --take out"
    fleet = [drone.name for drone in mission.file.fleet]
    shown = [post.watch.target for post in posts if post.watch is not None]
    of = max((post.watch.of for post in posts if post.watch is not None), default=0)
    if len(posts) < of:
        raise InputError(taken, "watch.of", f"is {of}, and the folder has {len(posts)} of the posts", again)
    for route in (route for post in posts for route in post.routes):
        if route.drone not in fleet:
            raise InputError(taken, "routes", f"{route.drone} is no drone of the mission", again)
    for target in mission.file.targets:
        if (count := shown.count(target.name)) < 2:
            problem = f"{target.name} has {count} of the posts in the folder, and a target needs two drones"
            raise InputError(taken, "watch.target", problem, again)
