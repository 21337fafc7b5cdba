"""The law's leases of a run as events: when each drone's began and ended, not each renewal."""

from __future__ import annotations

from collections.abc import Sequence

from blindspot.evidence.event_log import Event

KIND = "lease"
SOURCE = "authority"
UNENDED_S = 3.0
"""A lease whose end was not written held at least so long."""


class LeaseBook:
    """Hears every clearance and tells what changes."""

    def __init__(self) -> None:
        self._until_s: dict[str, float] = {}

    def heard(self, drone: str, now_s: float, *, granted: bool, until_s: float, reason: str) -> tuple[Event, ...]:
        """The events that a clearance makes; most, renewals, make none."""
        held_until_s = self._until_s.get(drone)
        told: list[Event] = []
        if held_until_s is not None and (not granted or now_s > held_until_s):
            told.append(_ended(drone, min(now_s, held_until_s), reason if not granted else "not renewed in time"))
            del self._until_s[drone]
        if granted:
            if drone not in self._until_s:
                told.append(Event(now_s, SOURCE, KIND, f"{drone}: lease, {reason}", {"drone": drone, "granted": True}))
            self._until_s[drone] = until_s
        return tuple(told)

    def close(self) -> tuple[Event, ...]:
        """The ends of the leases that still hold or ran out."""
        told = tuple(_ended(drone, until_s, "no longer renewed") for drone, until_s in self._until_s.items())
        self._until_s.clear()
        return told


def _ended(drone: str, at_s: float, why: str) -> Event:
    return Event(at_s, SOURCE, KIND, f"{drone}: no lease any more, {why}", {"drone": drone, "granted": False})


def lease_spans(events: Sequence[Event]) -> dict[str, list[tuple[float, float]]]:
    """By drone from when until when it had a lease, s."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for event in events:
        drone = event.data.get("drone")
        if event.kind != KIND or not isinstance(drone, str):
            continue
        own = spans.setdefault(drone, [])
        if event.data.get("granted") is True:
            own.append((event.stamp_s, event.stamp_s + UNENDED_S))
        elif own:
            own[-1] = (own[-1][0], max(own[-1][0], event.stamp_s))
    return spans
