"""How long a mission leaves until its latest landing."""

from __future__ import annotations

from blindspot.mission import MissionFile


def land_within_s(file: MissionFile, now_s: float, began_s: float | None) -> float:
    """Seconds until the latest landing, infinite where there is none.

    `now_s` is UTC, unless a simulation `began_s`: then the mission's start was at that time of the same clock.
    """
    if began_s is not None:
        return file.window_s - (now_s - began_s)
    start_s = file.start.timestamp()
    return start_s + file.window_s - now_s
