"""One run of a fleet, as seen by the mission manager: lost nodes, consequences, and the outcome. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from blindspot.flight.losses import LOSSES, Loss, Order
from blindspot.flight.outcomes import WORST_FIRST, Outcome, known_outcome
from blindspot.flight.run_events import RunEvents
from blindspot.flight.run_memory import RunMemory
from blindspot.flight.watch.resume_rules import why_nothing_to_resume

TOWN = "blindspot"
"""Namespace of the town-wide nodes."""

LEFT: Mapping[str, str] = {
    "return": "comes home", "landing": "lands where it is", "pilot": "is in the pilot's hands", "failed": "failed",
}  # fmt: skip
"""Phases of a drone that left the route before the end. The landing that ends a route has an empty reason."""

DOWN_WITHIN_S = 110.0
"""Longest wait of the others for a lost drone to be down, s, shorter than the time-out of their hold. Then the rest is
planned around its possible places."""

WAITING = ("standing_by", "replanning")
"""Phases of a run after a loss: until the rest is due, and while its routes are planned, cleared and uploaded."""

UNFLYABLE = frozenset({"simulator", "clock"})
"""The loss of one of these nodes prevents any outcome: the run fails at once."""


@dataclass(frozen=True, slots=True)
class Command:
    """An order to one drone and its reason."""

    drone: str
    order: Order
    reason: str
    person: str = ""
    """The name of the ordering person; empty for an order that follows from a loss."""


WAY_DOWN = ("return", "landing")
"""Phases of a drone that a person may not resume: a hold comes first."""


class FleetRun:
    """The state of one run. The caller reports events to this object and sends the commands of `take_commands`.

    A drone that leaves the route is lost to the plan: the others stand by until `rest_is_due`. The planner then calls
    `plans_rest`, gives the drones new routes and calls `flies_rest`, or calls the drones home with `no_rest`. While a
    person holds a drone, the others fly on without new routes: its place in the plan stays reserved. `clock` returns
    seconds.
    """

    def __init__(self, drones: Sequence[str], clock: Callable[[], float] = lambda: 0.0) -> None:
        self._outcomes: dict[str, tuple[Outcome, str] | None] = dict.fromkeys(drones)
        self._events = RunEvents()
        self._lost: set[str] = set()
        self._commands: list[Command] = []
        self._phase: Literal["flying", "holding", "standing_by", "replanning", "returning", "done"] = "flying"
        self._clock = clock
        self._phases: dict[str, str] = {}
        self._reasons: dict[str, str] = {}
        self._lost_drones: set[str] = set()
        self._standing_by: set[str] = set()
        self._held: set[str] = set()
        """Drones that a person holds."""
        self._since_s = 0.0
        self._awaited: dict[str, str] = {}
        """Lost nodes that are being started again, and how they were lost: no order is given yet."""

    def goes_on(self, memory: RunMemory, event: str) -> None:
        """Continue a run from the memory of an earlier process. A drone that the memory omits is still out."""
        self._events.add(*memory.events, event)
        for drone, (outcome, reason) in memory.ends.items():
            if drone in self._outcomes:
                self._outcomes[drone] = (known_outcome(outcome), reason)
        self._lost_drones.update(memory.lost)
        self._held.update(memory.held)
        self._standing_by.update(memory.standing_by)
        if self._standing_by:
            self._phase, self._since_s = "standing_by", self._clock()
        elif self._others():
            self._show_held()
        elif self.flying:
            self._phase = "returning"

    @property
    def memory(self) -> RunMemory:
        """The state that `goes_on` needs."""
        ends = {drone: (str(end[0]), end[1]) for drone, end in self._outcomes.items() if end is not None}
        waiting = self._standing_by if self._phase in WAITING else ()
        lost, held, waits = (tuple(sorted(drones)) for drones in (self._lost_drones, self._held, waiting))
        return RunMemory(ends, lost, held, waits, self._events.all)

    @property
    def phase(self) -> str:
        return "done" if self.outcome is not None else self._phase

    @property
    def flying(self) -> tuple[str, ...]:
        """Drones whose route is still open."""
        return tuple(drone for drone, outcome in self._outcomes.items() if outcome is None)

    @property
    def piloted(self) -> tuple[str, ...]:
        """Drones in flight that their pilots have."""
        return tuple(drone for drone in self.flying if self._phases.get(drone) == "pilot")

    @property
    def standing_by(self) -> tuple[str, ...]:
        """Drones that hold for the rest of the plan, by this run's order only."""
        if self._phase not in WAITING:
            return ()
        return tuple(d for d in self._others() if d in self._standing_by and self._phases.get(d) == "hold")

    @property
    def waiting(self) -> tuple[str, ...]:
        """Drones that stop, or have stopped, for the rest of the plan."""
        return self._others() if self._phase in WAITING else ()

    @property
    def down(self) -> tuple[str, ...]:
        """Drones that are known to stand on the ground for good."""
        unknown = ("failed", "unaccounted")
        return tuple(drone for drone, end in self._outcomes.items() if end is not None and end[0] not in unknown)

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of the run; `None` while a drone is out."""
        if any(node.rpartition("/")[2] in UNFLYABLE for node in self._lost):
            return "failed"
        ended = [outcome[0] for outcome in self._outcomes.values() if outcome is not None]
        if len(ended) < len(self._outcomes):
            return None
        worst = min(ended, key=WORST_FIRST.index)
        return "degraded" if worst == "completed" and self._lost else worst

    @property
    def decisive(self) -> str:
        """The one reason of the outcome; empty for a run that completed."""
        ends = {drone: (str(end[0]), end[1]) for drone, end in self._outcomes.items() if end is not None}
        return self._events.decisive(self.outcome, ends, self._lost)

    @property
    def first_cause(self) -> str:
        """The one reason of the present phase of a run in flight, in one sentence; empty if nothing happened."""
        return self._events.first_cause

    def news(self) -> tuple[str, ...]:
        """The events since the last call."""
        return self._events.news(is_over=self.outcome is not None)

    @property
    def reason(self) -> str:
        """The events so far, in order, each once."""
        ends = [f"{drone}: {o[1]}" for drone, o in self._outcomes.items() if o is not None and o[1]]
        return self._events.all_with(ends)

    def route_ended(self, drone: str, outcome: str, reason: str) -> None:
        """Record the end of a drone's route; an unknown outcome counts as failed."""
        known = known_outcome(outcome)
        if self._outcomes.get(drone, ("", "")) is None:
            self._outcomes[drone] = (known, reason)
            if known != "completed":
                self._lose(drone, f"{known}, {reason}" if reason else known)

    def drone_reported(self, drone: str, phase: str, reason: str) -> None:
        """Record the phase and reason of a drone's status."""
        if self._outcomes.get(drone, ("", "")) is not None:
            return
        self._phases[drone], self._reasons[drone] = phase, reason
        if phase in LEFT and (reason or phase != "landing"):
            self._lose(drone, f"{LEFT[phase]}, {reason}" if reason else LEFT[phase])
        elif phase == "en_route":
            self._lost_drones.discard(drone)
            self._events.flies_on(drone)

    def stands_by(self, drone: str) -> None:
        """Record that a drone obeyed the order to stand by."""
        self._standing_by.add(drone)

    def rest_is_due(self) -> bool:
        """Whether to plan anew: all others stand by and the lost drones are down, or `DOWN_WITHIN_S` has passed."""
        if self._phase not in WAITING:
            return False
        others = self._others()
        ready = set(others) == set(self.standing_by) and set(self.flying) == set(others)
        return ready or self._clock() - self._since_s >= DOWN_WITHIN_S

    def plans_rest(self) -> None:
        """Record that the rest is being planned for the drones that stand by."""
        if self._phase == "standing_by":
            self._phase = "replanning"

    def flies_rest(self, event: str) -> None:
        """Record that drones fly the rest of the plan."""
        self._events.add(event)
        self._events.flies_on()
        self._standing_by.clear()
        if self._phase in WAITING:
            self._phase = "flying"

    def no_rest(self, drones: Sequence[str], why: str) -> None:
        """Call these drones home: they get no new route."""
        for drone in drones:
            self._events.add(f"{drone} gets no new route and comes home: {why}")
            self._lost_drones.add(drone)
            self._command(drone, "return_home", why)
        if self._phase in WAITING and not self._others():
            self._phase = "returning"

    def call_off_others(self) -> None:
        """Call home every drone that should stand by and does not."""
        late = [name for name in self._others() if name not in self.standing_by]
        self.no_rest(late, "the drone does not stand by for the rest of the plan")

    def _others(self) -> tuple[str, ...]:
        """Drones that still fly the plan, except drones in the landing at the end."""
        down = (name for name, phase in self._phases.items() if phase == "landing")
        gone = self._lost_drones.union(down)
        return tuple(drone for drone in self.flying if drone not in gone)

    def _lose(self, drone: str, why: str) -> None:
        """A drone is lost to the plan. The others stand by, unless they were called home or are held by a person."""
        if drone in self._lost_drones:
            return
        self._lost_drones.add(drone)
        self._events.leaves(drone, why)
        self._held.discard(drone)
        others = self._others()
        if self._phase not in ("flying", *WAITING):
            return
        if others and self._held:
            held = ", ".join(sorted(self._held))
            self._events.add(f"{drone} is lost to the plan ({why}): no new routes while {held} is held")
            self._show_held()
            return
        self._phase, self._since_s = "standing_by" if others else "returning", self._clock()
        if others:
            self._events.add(f"{drone} is lost to the plan ({why}): {', '.join(others)} stand by")
            for name in others:
                self._command(name, "stand_by", f"{drone} is lost to the plan")

    def node_lost(self, node: str, how: str, *, starts_again: bool = False) -> None:
        """Record that a node (fully qualified name) died or fell silent, and act on the loss; once for each loss. A
        node on another run's drone is ignored. A node that `starts_again` may be `awaited` first."""
        owner, name = _owner_and_name(node)
        if node in self._lost or self.outcome is not None or owner not in (TOWN, *self._outcomes):
            return
        self._lost.add(node)
        if starts_again and name in LOSSES and LOSSES[name].back_within_s > 0.0:
            self._awaited[node] = how
            self._events.add(f"{node} {how} and starts again")
        else:
            self._act_on_loss(node, how)

    @property
    def awaited(self) -> Mapping[str, float]:
        """Lost nodes whose restart is awaited, and the wall time for it, s. Later the caller calls `stays_lost`."""
        return {node: LOSSES[_owner_and_name(node)[1]].back_within_s for node in self._awaited}

    def stays_lost(self, node: str) -> None:
        """Act on the loss of an awaited node."""
        if node in self._awaited and self.outcome is None:
            self._act_on_loss(node, self._awaited.pop(node))

    def _act_on_loss(self, node: str, how: str) -> None:
        owner, name = _owner_and_name(node)
        loss = LOSSES.get(name, Loss(None, "not needed for a safe flight"))
        may_be_down = self._phases.get(owner, "preflight") == "preflight"
        meaning = loss.on_ground if may_be_down and loss.on_ground else loss.meaning
        event = f"{node} {how}: {meaning}"
        self._events.add(event)
        if loss.order is None:
            return
        concerned = self.flying if owner == TOWN else (owner,)
        self._events.node_calls_home(concerned, event)
        if owner == TOWN:
            self._order_all(loss.order, f"{node} {how}")
        elif owner in self.flying:
            self._command(owner, loss.order, f"{node} {how}")
            if loss.order != "reattach":
                self._lose(owner, f"{node} {how}")

    def node_is_back(self, node: str, event: str) -> None:
        """A lost node works again; the next loss counts anew."""
        if node in self._lost:
            self._lost.remove(node)
            self._awaited.pop(node, None)
            self._events.add(event)

    def node_restarted(self, node: str) -> None:
        """Name a node that died and runs again, before anybody missed it."""
        owner, name = _owner_and_name(node)
        if self.outcome is None and owner in (TOWN, *self._outcomes) and name != "flight_control":
            self._events.add(f"{node} died and was started again")

    @property
    def lost_nodes(self) -> frozenset[str]:
        return frozenset(self._lost)

    def stood_still(self, for_s: float) -> None:
        """Record that the caller was blocked for this time, s: the fleet was unattended, and the reason says so."""
        self._events.stood_still(for_s)

    def taken_over(self, drone: str, event: str) -> None:
        """Record that the ground station commands a drone's return."""
        self._events.taken_over(drone, event)
        self._lose(drone, "the ground station brings it home")

    def ask(self, order: Order, said: str, person: str = "", drones: Collection[str] = (), reason: str = "") -> str:
        """Send a person's order to these drones, or to all that are out. Returns "" or the reason for a refusal.

        `said` is the order as a sentence for the run's events; the drones get the person and the `reason`.
        A drone that is called home alone leaves the plan; the others stand by for the rest, as after a loss. A resume
        of all others leaves a drone to its pilot.
        """
        named = tuple(drone for drone in self.flying if not drones or drone in drones)
        if self.outcome is not None or not named:
            return "no drone of the run flies"
        left = self.piloted if order == "resume" else ()
        is_all, waits = set(self.flying).difference(left) <= set(named), self._phase in WAITING
        if order == "resume" and waits and not is_all:
            return "the drones wait for the rest of the plan: resume all drones, or wait"
        if order == "resume" and all(self._phases.get(drone) in WAY_DOWN for drone in named):
            return why_nothing_to_resume({d: (self._phases[d], self._reasons.get(d, "")) for d in named})
        self._events.add(said)
        reason = reason or said
        if is_all or (order == "hold" and waits):  # all of them hover: a hold of one ends the wait of all, as ever
            self._order_all(order, reason, person, except_for=set(left).difference(named))
            return ""
        for drone in named:
            self._command(drone, order, reason, person)
        if order in ("hold", "resume"):
            self._held = self._held.union(named) if order == "hold" else self._held.difference(named)
            self._show_held()
        else:
            for drone in named:
                self._lose(drone, said)
        return ""

    def why_not_changed(self, drone: str) -> str:
        """The reason why a person may not change this drone's route by a jump or an inspection; empty if they may."""
        if drone not in self.flying:
            return f"{drone} does not fly"
        return f"{drone} waits for the rest of the plan" if self._phase in WAITING else ""

    def route_changed(self, drone: str, event: str, *, ends_hold: bool) -> None:
        """Record a jump, which ends a person's hold, or an inspection."""
        self._events.add(event)
        if ends_hold:
            self._held.discard(drone)
            self._show_held()

    def order_refused(self, drone: str, order: Order, why: str) -> None:
        """Record that a drone did not take a person's order."""
        self._events.add(f"{drone} did not take {order.replace('_', ' ')}: {why}")

    def take_commands(self) -> tuple[Command, ...]:
        commands, self._commands = tuple(self._commands), []
        return commands

    def _order_all(
        self, order: Order, reason: str, person: str = "", except_for: Collection[str] = ()
    ) -> None:  # fmt: skip
        """Order all drones that are out; this ends the standing by of the others."""
        for drone in (drone for drone in self.flying if drone not in except_for):
            self._command(drone, order, reason, person)
        if self.flying:
            self._phase = "holding" if order == "hold" else "flying" if order == "resume" else "returning"
            self._standing_by.clear()
            if order in ("hold", "resume"):
                self._events.flies_on()
            self._held = set(self.flying) if order == "hold" else set()

    def _show_held(self) -> None:
        """The phase is "holding" while a person holds every drone that is left in the plan."""
        others = self._others()
        if self._phase in ("flying", "holding"):
            self._phase = "holding" if others and self._held.issuperset(others) else "flying"

    def _command(self, drone: str, order: Order, reason: str, person: str = "") -> None:
        if self._outcomes.get(drone, ("", "")) is None:
            self._commands.append(Command(drone, order, reason, person))


def _owner_and_name(node: str) -> tuple[str, str]:
    *namespace, name = node.strip("/").split("/")
    return namespace[0] if namespace else TOWN, name
