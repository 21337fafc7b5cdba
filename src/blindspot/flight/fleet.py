"""One run over a fleet, as its mission manager sees it: whose node died, what that means, how the run ends. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Order = Literal["hold", "stand_by", "resume", "return_home", "abort", "reattach"]
Outcome = Literal["completed", "degraded", "returned", "aborted", "refused", "failed", "unaccounted"]
"""How a run ends. Degraded: every route was flown, but a node is lost. Unaccounted: nobody knows where a drone is."""

WORST_FIRST: tuple[Outcome, ...] = (
    "unaccounted", "failed", "aborted", "refused", "returned", "degraded", "completed",
)  # fmt: skip
"""A run ends as its worst drone does."""


def known_outcome(told: str) -> Outcome:
    """An outcome that nobody knows counts as failed."""
    return next((outcome for outcome in WORST_FIRST if outcome == told), "failed")


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
    "recorder": Loss(None, "nothing is recorded any more; the flight does not need it"),
    "coverage_planner": Loss(None, "no new plan can be made; the flight does not need one"),
    "simulator": Loss(None, "the simulated autopilots are gone"),
    "clock": Loss(None, "Gazebo's time stands still"),
    "mavros": Loss(None, "the uploaded mission goes on without us; flight_control decides"),
}
"""By the node's own name. A drone's node orders that drone if it flies, a town-wide one every drone."""

TOWN = "blindspot"
"""Namespace of the town-wide nodes."""

LEFT: Mapping[str, str] = {
    "return": "comes home", "landing": "lands where it is", "pilot": "is in its pilot's hands", "failed": "failed",
}  # fmt: skip
"""Phases of a drone that does not fly its route to the end any more. The landing that ends a route gives no reason."""

DOWN_WITHIN_S = 110.0
"""So long the others wait for a lost drone to be down, short of the time-out of their hold; then the rest is planned
around where it may be."""

WAITING = ("standing_by", "replanning")
"""Phases of a run after a loss: until the rest is due, and while its routes are planned, cleared and taken."""

UNFLYABLE = frozenset({"simulator", "clock"})
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
    """The state of one run. Feed it what happens; take the commands it gives. `clock` tells seconds.

    A drone that leaves its route is lost to the plan: the others stand by until `rest_is_due`. Then whoever plans says
    so with `plans_rest`, gives them new routes and says so with `flies_rest`, or calls them home with `no_rest`.
    """

    def __init__(self, drones: Sequence[str], clock: Callable[[], float] = lambda: 0.0) -> None:
        self._outcomes: dict[str, tuple[Outcome, str] | None] = dict.fromkeys(drones)
        self._events: list[str] = []
        self._stood_still_s: list[float] = []
        self._lost: set[str] = set()
        self._commands: list[Command] = []
        self._phase: Literal["flying", "holding", "standing_by", "replanning", "returning", "done"] = "flying"
        self._clock = clock
        self._phases: dict[str, str] = {}
        self._lost_drones: set[str] = set()
        self._standing_by: set[str] = set()
        self._since_s = 0.0

    @property
    def phase(self) -> str:
        return "done" if self.outcome is not None else self._phase

    @property
    def flying(self) -> tuple[str, ...]:
        """Drones whose route has no outcome yet."""
        return tuple(drone for drone, outcome in self._outcomes.items() if outcome is None)

    @property
    def standing_by(self) -> tuple[str, ...]:
        """Drones that hold for the rest of the plan, on our word and nobody else's."""
        if self._phase not in WAITING:
            return ()
        return tuple(d for d in self._others() if d in self._standing_by and self._phases.get(d) == "hold")

    @property
    def down(self) -> tuple[str, ...]:
        """Drones that are known to stand on the ground for good."""
        unknown = ("failed", "unaccounted")
        return tuple(drone for drone, end in self._outcomes.items() if end is not None and end[0] not in unknown)

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended; None while a drone is out."""
        if any(node.rpartition("/")[2] in UNFLYABLE for node in self._lost):
            return "failed"
        ended = [outcome[0] for outcome in self._outcomes.values() if outcome is not None]
        if len(ended) < len(self._outcomes):
            return None
        worst = min(ended, key=WORST_FIRST.index)
        return "degraded" if worst == "completed" and self._lost else worst

    @property
    def reason(self) -> str:
        """What happened, in order, each thing once."""
        told = [f"{drone}: {o[1]}" for drone, o in self._outcomes.items() if o is not None and o[1]]
        return "; ".join(dict.fromkeys([*self._events, *told, *self._stands()]))

    def route_ended(self, drone: str, outcome: str, reason: str) -> None:
        """A drone's route came to its end; an outcome that is not known counts as failed."""
        known = known_outcome(outcome)
        if self._outcomes.get(drone, ("", "")) is None:
            self._outcomes[drone] = (known, reason)
            if known != "completed":
                self._lose(drone, f"{known}, {reason}" if reason else known)

    def drone_told(self, drone: str, phase: str, reason: str) -> None:
        """What a drone's status says of it."""
        if self._outcomes.get(drone, ("", "")) is not None:
            return
        self._phases[drone] = phase
        if phase in LEFT and (reason or phase != "landing"):
            self._lose(drone, f"{LEFT[phase]}, {reason}" if reason else LEFT[phase])
        elif phase == "en_route":
            self._lost_drones.discard(drone)

    def stands_by(self, drone: str) -> None:
        """A drone obeyed the order to stand by."""
        self._standing_by.add(drone)

    def rest_is_due(self) -> bool:
        """Whether to plan anew: all the others stand by and the lost are down, or they have had the time for it."""
        if self._phase not in WAITING:
            return False
        others = self._others()
        ready = set(others) == set(self.standing_by) and set(self.flying) == set(others)
        return ready or self._clock() - self._since_s >= DOWN_WITHIN_S

    def plans_rest(self) -> None:
        """The rest of the plan is being planned for those who stand by."""
        if self._phase == "standing_by":
            self._phase = "replanning"

    def flies_rest(self, told: str) -> None:
        """The rest of the plan is flown by those who got a part of it."""
        self._events.append(told)
        self._standing_by.clear()
        if self._phase in WAITING:
            self._phase = "flying"

    def no_rest(self, drones: Sequence[str], why: str) -> None:
        """These get no new route: they come home."""
        for drone in drones:
            self._events.append(f"{drone} gets no new route and comes home: {why}")
            self._lost_drones.add(drone)
            self._command(drone, "return_home", why)
        if self._phase in WAITING and not self._others():
            self._phase = "returning"

    def call_off_others(self, why: str) -> None:
        """Those who should stand by and do not come home."""
        self.no_rest([name for name in self._others() if name not in self.standing_by], why)

    def _others(self) -> tuple[str, ...]:
        """Drones that still fly the plan, and are not on their way down at its end."""
        down = (name for name, phase in self._phases.items() if phase == "landing")
        gone = self._lost_drones.union(down)
        return tuple(drone for drone in self.flying if drone not in gone)

    def _lose(self, drone: str, why: str) -> None:
        """A drone is lost to the plan. The others stand by, unless they were called home or are held by a person."""
        if drone in self._lost_drones:
            return
        self._lost_drones.add(drone)
        others = self._others()
        if self._phase not in ("flying", *WAITING):
            return
        self._phase, self._since_s = "standing_by" if others else "returning", self._clock()
        if others:
            self._events.append(f"{drone} is lost to the plan ({why}): {', '.join(others)} stand by")
            for name in others:
                self._command(name, "stand_by", f"{drone} is lost to the plan")

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
        owner = namespace[0] if namespace else TOWN
        if owner == TOWN:
            self._order_all(loss.order, f"{node} {how}")
        elif owner in self.flying:
            self._command(owner, loss.order, f"{node} {how}")
            if loss.order != "reattach":
                self._lose(owner, f"{node} {how}")

    def node_is_back(self, node: str, told: str) -> None:
        """A node that was lost works again; its next loss counts anew."""
        if node in self._lost:
            self._lost.remove(node)
            self._events.append(told)

    @property
    def lost_nodes(self) -> frozenset[str]:
        """Nodes that are lost and not back."""
        return frozenset(self._lost)

    def stood_still(self, for_s: float) -> None:
        """Whoever feeds this run did not look for so long: told, for nobody answered for the fleet meanwhile."""
        self._stood_still_s.append(for_s)

    def _stands(self) -> Iterator[str]:
        stands = len(self._stood_still_s)
        if stands == 1:
            yield f"the mission manager stood still for {self._stood_still_s[0]:.1f} s"
        elif stands:
            up_to = f"for up to {max(self._stood_still_s):.1f} s"
            yield f"the mission manager stood still {stands} times, {up_to}: the machine is too busy"

    def taken_over(self, drone: str, told: str) -> None:
        """The ground station commands a drone's return."""
        self._events.append(told)
        self._lose(drone, "the ground station brings it home")

    def ask(self, order: Order, reason: str, person: str = "") -> None:
        """The operator orders all drones that are out."""
        if self.outcome is None:
            self._events.append(reason)
            self._order_all(order, reason, person)

    def take_commands(self) -> tuple[Command, ...]:
        commands, self._commands = tuple(self._commands), []
        return commands

    def _order_all(self, order: Order, reason: str, person: str = "") -> None:
        """All that are out, and for good: whoever stood by does as is ordered."""
        for drone in self.flying:
            self._command(drone, order, reason, person)
        if self.flying:
            self._phase = "holding" if order == "hold" else "flying" if order == "resume" else "returning"
            self._standing_by.clear()

    def _command(self, drone: str, order: Order, reason: str, person: str = "") -> None:
        if self._outcomes.get(drone, ("", "")) is None:
            self._commands.append(Command(drone, order, reason, person))
