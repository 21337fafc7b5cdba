"""The posts and the drones of the mission in an order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from blindspot.core import BlindspotError
from blindspot.mission import Mission, Plan


def posts_of(plan: Plan, folder: Path, ordered: Sequence[str]) -> tuple[Plan, ...]:
    """The posts of a watch after the first, from the run's folder. Raises BlindspotError unless the order names
    exactly the posts, and all of them."""
    posts = plan.posts_beside(folder)
    if plan.watch is not None and [post.sha256 for post in (plan, *posts)] != list(ordered):
        raise BlindspotError(
            "the order names other posts than those in the run's folder: plan and order the watch again"
        )
    if plan.watch is not None and len(posts) + 1 < plan.watch.of:
        raise BlindspotError(
            f"the run's folder has {len(posts) + 1} of the {plan.watch.of} posts of the watch: plan and order the watch"
            " again"
        )
    return posts


def drones_of(plan: Plan, mission: Mission, posts: Sequence[Plan] = ()) -> tuple[str, ...]:
    """The drones occupied by a mission: the drones of the plan and of a watch's other posts, or all drones of the fleet
    if sorties follow. Raises BlindspotError for a plan without a route, or with a drone that the mission lacks."""
    fleet = [drone.name for drone in mission.file.fleet]
    flown = [route.drone for part in (plan, *posts) for route in part.routes]
    if not flown:
        raise BlindspotError("the plan has no route")
    strangers = [drone for drone in flown if drone not in fleet]
    if strangers:
        raise BlindspotError(f"the plan names drones that the mission lacks: {', '.join(strangers)}")
    return tuple(flown if plan.sortie is None else fleet)
