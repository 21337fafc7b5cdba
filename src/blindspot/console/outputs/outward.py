"""The words that leave the computer: alerts and states of drones, from the records of the view. Pure.

A field leaves only if it is listed here. No sentence of the stack leaves, since it may name a person; no sighting, no
picture, no name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from blindspot.console.alerts import ALERT, KINDS, Alert, Known

PHASES = frozenset({
    "idle", "preflight", "reattach", "armed", "takeoff", "en_route", "hold", "inspect", "return", "landing", "landed",
    "pilot", "failed",
})  # fmt: skip
AUTOPILOT = frozenset({"down", "up"})
NUMBERS = ("battery_fraction", "route_fraction", "hold_ends_s", "east_m", "north_m", "up_m", "heading_deg")
SCHEMA = "blindspot.outward/1"
HIDDEN = "?"
_PLAIN = re.compile(r"[\w .:/%+-]{1,60}")
_VALUE = re.compile(r"\{(\w+)\}")
_LEAST_LETTERS = 3
"""A shorter part of a name does not count: initials are in many words."""


def drones_in(known: Known, fleet: Collection[str]) -> dict[str, dict[str, Any]]:
    """The states of the drones of a fleet, by name."""
    return {name: _drone(name, *known[key]) for name in fleet if (key := f"drone/{name}") in known}


def _drone(name: str, state: Mapping[str, Any], age_s: float) -> dict[str, Any]:
    phase, autopilot = state.get("phase"), state.get("autopilot")
    return {
        "drone": name,
        "phase": phase if phase in PHASES else "unknown",
        "autopilot": autopilot if autopilot in AUTOPILOT else "unknown",
        "camera": "released" if state.get("sensor_inhibited") is False else "inhibited",
        "silent": not age_s <= 5.0,
        **{field: _number(state.get(field)) for field in NUMBERS},
        "at_lon_lat": _place(state.get("at")),
    }


def alerts_out(known: Known, fleet: Collection[str]) -> dict[str, dict[str, Any]]:
    """The alerts that stand, by key; a value that may name a person is hidden."""
    parts = _parts(_people(known))
    found: dict[str, dict[str, Any]] = {}
    for key, (record, _) in known.items():
        if key.startswith(ALERT) and record.get("kind") in KINDS:
            named, said = record["values"], Alert(record["kind"], "", {})
            values = {
                name: _hidden(name, named.get(name, ""), parts, fleet)
                for name in _VALUE.findall(said.text + said.advice)
            }
            alert = Alert(record["kind"], "", values)
            found[key] = {
                "kind": alert.kind, "values": values, "text": alert.text, "advice": alert.advice,
                "since": record.get("since_utc"),
            }  # fmt: skip
    return found


def _hidden(name: str, value: object, parts: frozenset[str], fleet: Collection[str]) -> str:
    text = str(value)
    if name == "drone":
        return text if text in fleet else HIDDEN
    if not _PLAIN.fullmatch(text) or parts.intersection(_words(text)):
        return HIDDEN
    return text


def _people(known: Known) -> Iterable[str]:
    """The names of people in the records: operators, the computer's user, those who ordered."""
    for key, (record, _) in known.items():
        if key == "stack":
            yield from (*record.get("operators", ()), record.get("user", ""))
        if key.startswith(("run/", "order/")):
            yield record.get("person", "")


def _parts(people: Iterable[str]) -> frozenset[str]:
    return frozenset(word for name in people for word in _words(str(name)) if len(word) >= _LEAST_LETTERS)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _place(value: object) -> list[float | None] | None:
    return [_number(part) for part in value] if isinstance(value, list) and len(value) == 2 else None


def text_of(kind: str, content: Mapping[str, Any], **more: Any) -> str:
    """A message as JSON."""
    return json.dumps({"schema": SCHEMA, "type": kind, **content, **more}, ensure_ascii=True, allow_nan=False)
