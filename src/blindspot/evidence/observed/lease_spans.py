"""The leases of a run as events: the begin and the end of each drone's lease. Renewals are omitted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from blindspot.evidence.observed.event_log import RunEvent

KIND = "lease"
SOURCE = "authority"
UNENDED_S = 3.0
"""Minimum duration of a lease whose end is missing in the events."""
DEAF_S = 0.5
"""A larger jump of the listener's clock counts as deaf time, in which renewals may have been lost."""
EXPLAINS_S = 2.0
"""Deaf time between two renewals from which on the missing renewals count as unheard."""

Spans = Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Leases:
    """By drone, time spans (begin, end) in s: `held`, a lease was valid; `unheard`, the listener missed messages."""

    held: Spans
    unheard: Spans = field(default_factory=dict)


class LeaseBook:
    """Receives every clearance and returns the changes as events. The listener reports the clock through `passes`, so
    that a missed renewal is distinguished from a withheld renewal.

    A listener that begins during a run gives `unheard_since_s`: the time up to a drone's first message counts as
    unheard. For a drone without a message, this is the time up to the first message of any drone.
    """

    def __init__(self, unheard_since_s: float | None = None) -> None:
        self.plans: set[str] = set()
        """Hashes of the plans for which a lease was granted."""
        self._unheard_since_s = unheard_since_s
        self._met: dict[str, float] = {}
        """The drones that were heard, with the time of the first message."""
        self._until_s: dict[str, float] = {}
        self._renewed_s: dict[str, float] = {}
        self._refused: set[str] = set()
        self._now_s: float | None = None
        self._deaf: list[tuple[float, float]] = []

    def passes(self, now_s: float) -> None:
        """Report the listener's clock; call this often."""
        if self._now_s is not None and now_s - self._now_s > DEAF_S:
            self._deaf = [*self._deaf[-20:], (self._now_s, now_s)]
        self._now_s = now_s

    def heard(
        self, drone: str, now_s: float, *, granted: bool, may_look: bool = True, until_s: float, reason: str,
        plan: str = "",
    ) -> tuple[RunEvent, ...]:  # fmt: skip
        """The events that follow from a clearance. A plain renewal yields an empty tuple. A lease without the right to
        look counts as no lease, since pictures are judged by the events."""
        if granted:
            self.plans.add(plan)
        if granted and not may_look:
            granted, reason = False, "no right to look"
        held_until_s = self._until_s.get(drone)
        events: list[RunEvent] = []
        if self._unheard_since_s is not None and drone not in self._met:
            self._met[drone] = now_s
            events.append(_unheard(drone, self._unheard_since_s, now_s))
        if held_until_s is not None and now_s > held_until_s and granted and self._was_deaf(drone, now_s):
            span = [self._renewed_s[drone], now_s]
            about = f"{drone}: no renewal of the lease was received for {now_s - span[0]:.0f} s"
            events.append(RunEvent(now_s, SOURCE, KIND, about, {"drone": drone, "unheard": span}))
        elif held_until_s is not None and (not granted or now_s > held_until_s):
            events.append(_ended(drone, min(now_s, held_until_s), reason if not granted else "not renewed in time"))
            del self._until_s[drone]
        elif not granted and drone not in self._refused:
            events.append(_ended(drone, now_s, reason))
        self._refused = self._refused - {drone} if granted else self._refused | {drone}
        if granted:
            if drone not in self._until_s:
                lease = RunEvent(now_s, SOURCE, KIND, f"{drone}: lease, {reason}", {"drone": drone, "granted": True})
                events.append(lease)
            self._until_s[drone], self._renewed_s[drone] = until_s, now_s
        return tuple(events)

    def close(self, drones: Collection[str] = ()) -> tuple[RunEvent, ...]:
        """End events of all leases that are still open, and of the time in which none of these `drones` was heard: a
        drone may have landed before the listener began."""
        events = [_ended(drone, until_s, "no longer renewed") for drone, until_s in self._until_s.items()]
        self._until_s.clear()
        since_s, begun_s = self._unheard_since_s, min(self._met.values(), default=self._now_s)
        if since_s is not None and begun_s is not None and begun_s > since_s:
            events += [_unheard(drone, since_s, begun_s) for drone in drones if drone not in self._met]
        return tuple(events)

    def _was_deaf(self, drone: str, now_s: float) -> bool:
        since_s = self._renewed_s[drone]
        spans = ((max(begin_s, since_s), min(end_s, now_s)) for begin_s, end_s in self._deaf)
        return sum(max(0.0, end_s - begin_s) for begin_s, end_s in spans) >= EXPLAINS_S


def _ended(drone: str, at_s: float, why: str) -> RunEvent:
    return RunEvent(at_s, SOURCE, KIND, f"{drone}: no lease any more, {why}", {"drone": drone, "granted": False})


def _unheard(drone: str, since_s: float, until_s: float) -> RunEvent:
    about = f"{drone}: leases before this moment were not received"
    return RunEvent(until_s, SOURCE, KIND, about, {"drone": drone, "unheard": [since_s, until_s]})


def leases_of(events: Sequence[RunEvent]) -> Leases | None:
    """The leases in the events, or None without a lease event: then the run had no listener for leases."""
    changes = [event for event in events if event.kind == KIND and isinstance(event.data.get("drone"), str)]
    if not changes:
        return None
    held: dict[str, list[tuple[float, float]]] = {}
    unheard: dict[str, list[tuple[float, float]]] = {}
    is_ended: dict[str, bool] = {}
    for event in changes:
        drone, own = str(event.data["drone"]), held.setdefault(str(event.data["drone"]), [])
        match event.data:
            case {"granted": True}:
                own.append((event.stamp_s, event.stamp_s + UNENDED_S))
                is_ended[drone] = False
            case {"granted": False} if own and not is_ended[drone]:  # a further refusal lengthens no lease
                is_ended[drone] = True
                own[-1] = (own[-1][0], max(own[-1][0], event.stamp_s))
            case {"unheard": [int() | float() as begin_s, int() | float() as end_s]}:
                unheard.setdefault(drone, []).append((float(begin_s), float(end_s)))
                if own and not is_ended.get(drone, True):  # it was held for as long as somebody listened
                    own[-1] = (own[-1][0], max(own[-1][1], float(begin_s)))
    return Leases(_without(held, unheard), unheard)


def _without(held: Spans, unheard: Spans) -> Spans:
    """The held spans minus the unheard spans."""
    left: dict[str, list[tuple[float, float]]] = {}
    for drone, spans in held.items():
        parts = list(spans)
        for begin_s, end_s in unheard.get(drone, ()):
            cut = [((a, min(b, begin_s)), (max(a, end_s), b)) for a, b in parts]
            parts = [part for pair in cut for part in pair if part[0] < part[1]]
        left[drone] = parts
    return left
