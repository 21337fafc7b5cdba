"""A drone's phase in words, with the countdown of a hold: in the air a hold ends in a return, on the ground a hold
ends the flight."""

from __future__ import annotations

import math

from blindspot.core import one_line


def counted(phase: str, hold_ends_s: float | None, inspection: str = "") -> str:
    """The phase for a display: "hold, comes home in 95 s", or "hold, inspection waiting for the gate". `hold_ends_s` is
    None, NaN or infinite without an end, and `inspection` the state of the one ordered last."""
    words = one_line(phase, 20)
    if phase == "hold" and inspection in ("accepted", "waiting for the gate"):
        return f"{words}, inspection {inspection}"
    if hold_ends_s is None or not 0.0 <= hold_ends_s < math.inf:
        return words
    return f"{words}, {'comes home' if phase == 'hold' else 'flight ends'} in {hold_ends_s:.0f} s"


def end_of_hold(drone: str, phase: str, hold_ends_s: float | None, *, simulated: bool) -> str:
    """The end of a drone's hold as a sentence of advice; empty without an end."""
    if hold_ends_s is None or phase not in ("hold", "preflight"):
        return ""
    after = f"after {hold_ends_s:.0f} s{' of simulated time' if simulated else ''}"
    if phase == "hold":
        return f"{drone} comes home by itself {after}, unless you resume it before"
    return f"the flight of {drone} ends on the ground {after}, unless you resume it before"
