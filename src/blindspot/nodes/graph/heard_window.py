"""The time left until a mission's latest landing."""

from __future__ import annotations

from blindspot.mission import MissionFile


def land_within_s(file: MissionFile, now_s: float, began_s: float | None) -> float:
    """Seconds until the latest landing; infinite for a mission that sets none.

    `now_s` is UTC if `began_s` is None. In a simulation, `began_s` is the mission's start on the clock of `now_s`.
    """
    if began_s is not None:
        return file.window_s - (now_s - began_s)
    start_s = file.start.timestamp()
    return start_s + file.window_s - now_s
