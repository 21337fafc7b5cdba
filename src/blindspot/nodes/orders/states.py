"""The states of a fleet, the missions and the drones as JSON documents, from messages; unknown numbers are null."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from blindspot.core import one_line, plain_text

FLIES = ("flying", "holding", "standing_by", "replanning", "returning")
"""Phases of a mission whose drones fly."""


def fleet_state(fleet: Any) -> dict[str, Any]:
    """A FleetStatus, and sentences about the whole stack that a person has to act on."""
    return {
        "simulated": bool(fleet.simulated),
        "fleet": one_line(fleet.fleet),
        "stack_dir": one_line(fleet.stack_dir),
        "missions": [mission_state(mission) for mission in fleet.missions],
        "drones": [drone_state(status) for status in fleet.drones],
        "lost_nodes": [one_line(node, 100) for node in fleet.lost_nodes],
        "notices": _notices(fleet.stack_dir),
    }


def _notices(stack_dir: str) -> list[str]:
    """None if the stack's folder is on another computer."""
    from blindspot.flight.missions import why_unaccounted

    folder = one_line(stack_dir, 1000)
    lost = why_unaccounted(Path(folder)) if folder else ""
    return [one_line(lost, 2000)] if lost else []


def mission_state(mission: Any) -> dict[str, Any]:
    words = ("run", "mission", "plan", "phase", "outcome", "person")
    return {
        **{word: one_line(getattr(mission, word)) for word in words},
        "reason": one_line(mission.reason, 600, keeps_end=True),
        "elapsed_s": number(mission.elapsed_s),
        "seen_blind_fraction": share(mission.seen_blind_fraction),
        "drones": [one_line(name, 50) for name in mission.drones],
        **({"watch": {one_line(one.target): target_state(one) for one in mission.watch}} if mission.watch else {}),
    }


def target_state(target: Any) -> dict[str, Any]:
    """A target of a watch, from its WatchStatus. `due_s` is None if no relief is needed or known."""
    return {
        **{word: one_line(getattr(target, word), 300) for word in ("state", "looking", "reason")},
        "due_s": number(target.due_s),
        "gap_s": number(target.gap_s),
        "reliefs": int(target.reliefs),
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
