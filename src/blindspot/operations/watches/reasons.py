"""The reason of a gap in one sentence: what each drone of the target does instead of looking."""

from __future__ import annotations

from collections.abc import Iterable

from blindspot.operations.watches.drone_memory import DroneMemory

_DOES = {
    "ready": "is ready",
    "swapping": "waits for a fresh battery",
    "starting": "prepares its take-off",
    "under_way": "is on its way",
    "on_post": "waits for the right to look",
    "holding": "holds",
    "homeward": "flies home",
    "out": "is out of the watch",
}


def because(drones: Iterable[DroneMemory], blocked: str) -> str:
    """One sentence about the drones of a target; `blocked` says why no drone may start, empty if drones may."""
    clauses = [_clause(drone) for drone in drones]
    return "; ".join([blocked, *clauses] if blocked else clauses)


def _clause(drone: DroneMemory) -> str:
    facts = drone.facts
    does = _DOES[facts.state]
    if facts.state == "on_post":
        does = "is on post without a picture" if drone.is_dark or facts.has_right else does
        does = "looks" if facts.looks else does
    if facts.state == "ready" and drone.failures:
        does = "failed to start"
    return f"{drone.name} {does}" + (f" ({facts.reason})" if facts.reason else "")
