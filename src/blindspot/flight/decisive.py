"""The one reason of a run's outcome, beside the events of the run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

FAULTS = ("/", "the mission manager")
"""Beginnings of events about the fault of a node: the full name, or the words for the manager itself."""


def decisive_reason(
    outcome: str | None, ends: Mapping[str, tuple[str, str]], left: Sequence[str], by_nodes: Mapping[str, str],
    lost: Collection[str], events: Iterable[str],
) -> str:  # fmt: skip
    """The reason in one sentence; empty without an outcome. The reason of a completed run names the faults of nodes, if
    any.

    Parameters
    ----------
    outcome
        The outcome of the run, which is that of its worst drone.
    ends
        By drone: outcome and reason of its route.
    left
        The drones that left the plan, in this order. The first of those with the worst outcome decides: the others may
        have come home for want of a new route.
    by_nodes
        By drone: the node loss that brought the drone home, as an event.
    lost
        Full names of the lost nodes.
    events
        The events of the run, in order.
    """
    if outcome is None:
        return ""
    if outcome == "completed":
        return "; ".join(event for event in events if event.startswith(FAULTS))
    order = [*left, *(drone for drone in ends if drone not in left)]
    worst = [drone for drone in order if ends.get(drone, ("", ""))[0] == outcome]
    if worst and outcome == "returned" and worst[0] in by_nodes:
        return by_nodes[worst[0]]
    if worst and (why := ends[worst[0]][1]):
        alike = [drone for drone in worst if ends[drone][1] == why]
        return f"{', '.join(alike)}: {why}"
    heard = list(events)
    return next((event for event in heard if event.startswith(tuple(lost))), heard[-1] if heard else "")
