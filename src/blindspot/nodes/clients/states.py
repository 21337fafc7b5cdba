"""The states of missions and drones as JSON documents, from their messages; unknown numbers are null."""

from __future__ import annotations

import math
from typing import Any

from blindspot.core import one_line, plain_text


def mission_state(mission: Any) -> dict[str, Any]:
    words = ("run", "mission", "plan", "phase", "outcome", "person")
    return {
        **{word: one_line(getattr(mission, word)) for word in words},
        "reason": one_line(mission.reason, 600, keeps_end=True),
        "elapsed_s": number(mission.elapsed_s),
        "seen_blind_fraction": share(mission.seen_blind_fraction),
        "drones": [one_line(name, 50) for name in mission.drones],
    }


def drone_state(status: Any) -> dict[str, Any]:
    """`hold_ends_s` is None without a hold, and for a hold that lasts."""
    at, words = status.position, ("drone", "run", "phase", "reason", "inspection", "outcome", "autopilot")
    return {
        **{word: one_line(getattr(status, word)) for word in words},
        "hold_ends_s": number(status.hold_ends_s),
        "battery_fraction": share(status.battery_fraction),
        "route_fraction": share(status.route_fraction),
        "east_m": number(at.x),
        "north_m": number(at.y),
        "up_m": number(at.z),
        "sensor_inhibited": bool(status.sensor_inhibited),
    }


def number(value: float) -> float | None:
    """A number for JSON, to three decimals; None if it is unknown."""
    return round(float(value), 3) if math.isfinite(value) else None


def share(value: float) -> float | None:
    """A share for JSON, rounded down to three decimals: a part never reads as the whole. None if it is unknown."""
    return plain_text.rounded_down(float(value), 3) if math.isfinite(value) else None
