"""What the drones of a watch do, by the phases of their flights and their places."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot, isfinite
from typing import Any

from blindspot.mission import Point
from blindspot.operations.watches import AT_POST_M, DroneState

AT_HOME_M = 5.0
"""Largest distance from its pad at which a landed drone counts as at home, m."""
LEFT_POST_M = 3.0 * AT_POST_M
"""Distance from its viewpoint at which a drone has left the post. A gust moves it less."""
STATES: Mapping[str, DroneState] = {
    "idle": "starting", "preflight": "starting", "armed": "starting", "takeoff": "under_way", "hold": "holding",
    "inspect": "holding", "return": "homeward", "landing": "homeward", "landed": "homeward", "pilot": "out",
    "failed": "out",
}  # fmt: skip
"""By phase of a flight; on its route a drone is on the way out, on post or on its way home."""


def is_over(home: Point, status: Any) -> bool:
    """Whether a drone with this DroneStatus is known to be over its pad; None is an unheard drone."""
    if status is None:
        return False
    return hypot(status.position.x - home.east_m, status.position.y - home.north_m) <= AT_HOME_M


def state_in_turn(phase: str, before: DroneState | None, at: tuple[float, float, float], place: Point) -> DroneState:
    """What a drone with an open turn does.

    Parameters
    ----------
    phase
        Phase of its flight.
    before
        What it did before; None if its turn has just begun.
    at, place
        Where it is, m east, north and up (NaN if unknown), and the viewpoint of its post.

    Example
    -------
    >>> state_in_turn("hold", "on_post", (0.0, 0.0, 60.0), Point(east_m=0.0, north_m=0.0, up_m=60.0))
    'holding'
    """
    if phase == "reattach" and before is not None:  # its flight is being taken over
        return before
    if phase == "idle" and before not in (None, "ready", "swapping", "starting"):  # the end of its flight is under way
        return "homeward"
    if phase != "en_route":
        return STATES.get(phase, "out")
    if not all(map(isfinite, at)):
        return before if before in ("on_post", "homeward") else "under_way"
    gap_m = hypot(at[0] - place.east_m, at[1] - place.north_m, at[2] - place.up_m)
    if before in ("on_post", "homeward"):
        return "on_post" if before == "on_post" and gap_m <= LEFT_POST_M else "homeward"
    return "on_post" if gap_m <= AT_POST_M else "under_way"
