"""The events of a run, in order, each once, and the one reason of its present phase."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from blindspot.flight.decisive import decisive_reason


class RunEvents:
    """Events are sentences. `add` takes new events; `news` returns the events added since the last call."""

    def __init__(self) -> None:
        self._events: dict[str, None] = {}
        self._reported: set[str] = set()
        self._stood_still_s: list[float] = []
        self._left: list[str] = []
        """The drones that left the plan, in this order."""
        self._causes: dict[str, str] = {}
        """By drone that left: the reason, in one sentence, until the others fly on."""
        self._by_nodes: dict[str, str] = {}
        """By drone: the first node loss that called the drone home, as an event."""

    def add(self, *events: str) -> None:
        self._events |= dict.fromkeys(events)

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(self._events)

    def stood_still(self, for_s: float) -> None:
        """Record that the mission manager was blocked for this time, s."""
        self._stood_still_s.append(for_s)

    def node_calls_home(self, drones: Collection[str], event: str) -> None:
        """Record that the loss of a node ends the flight of these drones."""
        self._by_nodes |= {drone: event for drone in drones if drone not in self._by_nodes}

    def leaves(self, drone: str, why: str) -> None:
        """Record that a drone leaves the plan. The cause is the loss of a node that called the drone home, or the first
        part of a chain of reasons (`a; b; c`)."""
        self._left.append(drone)
        self._causes.setdefault(drone, self._by_nodes.get(drone) or f"{drone}: {why.partition('; ')[0]}")

    def taken_over(self, drone: str, event: str) -> None:
        """Record that the ground station brings a drone home: the event names the cause, too."""
        self.add(event)
        self._causes[drone] = event

    def flies_on(self, drone: str | None = None) -> None:
        """Record that a drone, or each drone, flies on: the cause is over."""
        self._causes = {left: why for left, why in self._causes.items() if drone not in (None, left)}

    @property
    def first_cause(self) -> str:
        """The one reason of the present phase of a run in flight: why the first drone left the plan, else the last
        event; empty if nothing happened."""
        return next(iter(self._causes.values()), "") or next(reversed([*self._events, *self._stands()]), "")

    def decisive(self, outcome: str | None, ends: Mapping[str, tuple[str, str]], lost: Collection[str]) -> str:
        """The one reason of the outcome; empty for a run that completed."""
        return decisive_reason(outcome, ends, self._left, self._by_nodes, lost, (*self._events, *self._stands()))

    def news(self, *, is_over: bool) -> tuple[str, ...]:
        """The events since the last call."""
        stands = self._stands() if is_over else ()
        new = tuple(event for event in (*self._events, *stands) if event not in self._reported)
        self._reported.update(new)
        return new

    def all_with(self, ends: Sequence[str]) -> str:
        """The events and the reasons of these ends, in order, each once."""
        return "; ".join(dict.fromkeys([*self._events, *ends, *self._stands()]))

    def _stands(self) -> Iterator[str]:
        stands = len(self._stood_still_s)
        if stands == 1:
            yield f"the mission manager stood still for {self._stood_still_s[0]:.1f} s"
        elif stands:
            up_to = f"for up to {max(self._stood_still_s):.1f} s"
            yield f"the mission manager stood still {stands} times, {up_to}: the machine is too busy"
