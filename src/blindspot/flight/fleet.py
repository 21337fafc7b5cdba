"""One run over a fleet, as its mission manager sees it: whose node died, what that means, how the run ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Order = Literal["hold", "resume", "return_home", "abort", "reattach"]
Outcome = Literal["completed", "returned", "aborted", "refused", "failed"]

WORST_FIRST: tuple[Outcome, ...] = ("failed", "aborted", "refused", "returned", "completed")
"""A run ends as its worst drone does."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What the loss of a node means: an order to its drone (or to all, for a town-wide node), and the sentence told."""

    order: Order | None
    meaning: str


LOSSES: Mapping[str, Loss] = {
    "flight_control": Loss("reattach", "the uploaded mission goes on without pictures until it is watched again"),
    "camera": Loss("return_home", "nothing can be seen any more"),
    "detector": Loss("return_home", "nothing can be masked any more"),
    "coverage_monitor": Loss("return_home", "what is seen can't be known any more"),
    "authority": Loss("return_home", "no lease can be renewed any more"),
    "coverage_planner": Loss(None, "no new plan can be made; the flight does not need one"),
    "simulator": Loss(None, "the simulated autopilots are gone"),
    "mavros": Loss(None, "the uploaded mission goes on without us; flight_control decides"),
}
"""By the node's own name. A drone's node orders that drone, a town-wide one every drone."""

UNFLYABLE = frozenset({"simulator"})
"""Without these no outcome can come any more: the run has failed at once."""


@dataclass(frozen=True, slots=True)
class Command:
    """An order to one drone and why."""

    drone: str
    order: Order
    reason: str
    person: str = ""
    """Who says so, where the order needs a name."""


class FleetRun:
    """The state of one run. Feed it what happens; take the commands it gives."""

    def __init__(self, drones: Sequence[str]) -> None:
        self._outcomes: dict[str, tuple[Outcome, str] | None] = dict.fromkeys(drones)
        self._events: list[str] = []
        self._lost: set[str] = set()
        self._commands: list[Command] = []
        self._phase: Literal["flying", "holding", "returning", "done"] = "flying"

    @property
    def phase(self) -> str:
        return "done" if self.outcome is not None else self._phase

    @property
    def flying(self) -> tuple[str, ...]:
        """Drones whose route has no outcome yet."""
        return tuple(drone for drone, outcome in self._outcomes.items() if outcome is None)

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended; None while a drone is out."""
        if any(node.rpartition("/")[2] in UNFLYABLE for node in self._lost):
            return "failed"
        ended = [outcome[0] for outcome in self._outcomes.values() if outcome is not None]
        if len(ended) < len(self._outcomes):
            return None
        return min(ended, key=WORST_FIRST.index)

    @property
    def reason(self) -> str:
        """What happened, in order, each thing once."""
        told = [f"{drone}: {o[1]}" for drone, o in self._outcomes.items() if o is not None and o[1]]
        return "; ".join(dict.fromkeys([*self._events, *told]))

    def route_ended(self, drone: str, outcome: str, reason: str) -> None:
        """A drone's route came to its end; an outcome that is not known counts as failed."""
        known: Outcome = next((o for o in WORST_FIRST if o == outcome), "failed")
        if self._outcomes.get(drone, ("", "")) is None:
            self._outcomes[drone] = (known, reason)

    def node_lost(self, node: str, how: str) -> None:
        """A node of the stack died or fell silent (fully qualified name); told and acted on once."""
        if node in self._lost or self.outcome is not None:
            return
        *namespace, name = node.strip("/").split("/")
        self._lost.add(node)
        loss = LOSSES.get(name, Loss(None, "not needed for a safe flight"))
        self._events.append(f"{node} {how}: {loss.meaning}")
        if loss.order is None:
            return
        owner = namespace[0] if namespace else ""
        drones = (owner,) if owner in self._outcomes else tuple(self._outcomes)
        for drone in drones:
            self._order(drone, loss.order, f"{node} {how}")

    def node_is_back(self, node: str, told: str) -> None:
        """A node that was lost works again; its next loss counts anew."""
        if node in self._lost:
            self._lost.remove(node)
            self._events.append(told)

    def note(self, told: str) -> None:
        """Something happened that is to be told, and changes nothing."""
        self._events.append(told)

    def taken_over(self, drone: str, told: str) -> None:
        """The ground station commands a drone's return."""
        self._events.append(told)
        self._phase = "returning"

    def ask(self, order: Order, reason: str, person: str = "") -> None:
        """The operator orders all drones that are out."""
        if self.outcome is None:
            self._events.append(reason)
            for drone in self.flying:
                self._order(drone, order, reason, person)

    def take_commands(self) -> tuple[Command, ...]:
        commands, self._commands = tuple(self._commands), []
        return commands

    def _order(self, drone: str, order: Order, reason: str, person: str = "") -> None:
        if self._outcomes.get(drone, ("", "")) is not None:
            return
        self._commands.append(Command(drone, order, reason, person))
        if order == "hold":
            self._phase = "holding"
        elif order == "resume":
            self._phase = "flying"
        elif order != "reattach":
            self._phase = "returning"
