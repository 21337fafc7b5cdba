"""One watch in progress: turns of single drones that relieve each other, as its relay decides.

Each turn is a mission of one drone in the watch's run, with a clearance of its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from blindspot_msgs.msg import DroneStatus, MissionOrder, MissionStatus, WatchStatus
from rclpy.task import Future

from blindspot.flight import WORST_FIRST, Order, known_outcome
from blindspot.flight.missions import CALLS_OFF, InProgress, KeptMission, KeptWatch
from blindspot.law import load_authorisation
from blindspot.mission import Mission, Plan, run_folder
from blindspot.nodes.graph.messages import now_s, plan_message
from blindspot.nodes.missions.flights import Flights
from blindspot.nodes.missions.one_mission import OneMission
from blindspot.nodes.missions.shared_parts import SharedParts
from blindspot.nodes.watches.exposures import Exposures
from blindspot.nodes.watches.rests import Rests
from blindspot.nodes.watches.turn_plans import TurnPlans
from blindspot.nodes.watches.turn_states import is_over, state_in_turn
from blindspot.operations.watches import (
    Act,
    DroneNow,
    DroneState,
    Leave,
    PassLook,
    PostPlan,
    Relay,
    Start,
    lead_s,
)

HEARD_WITHIN_S = 5.0
"""Wall time in which a restarted manager hears the drones of a watch and their leases."""
GRAVE = ("failed", "unaccounted")
"""Outcomes of a turn that are those of the watch, too; other ends of turns only degrade it."""
UP = ("under_way", "on_post", "holding", "homeward")
"""What a drone does in the air."""


class OneWatch:
    """Call `step` about ten times a second until `end` holds the outcome and its reason.

    `posts` are the plans of its drones, the first one being that of the order. `kept` is the state kept by an earlier
    process, to continue from; None for a new watch. Raises InputError for an unreadable authorisation.
    """

    def __init__(
        self, ground: SharedParts, order: MissionOrder, mission: Mission, posts: Sequence[Plan],
        kept: KeptMission | None = None,
    ) -> None:  # fmt: skip
        self.order, self.name = order, mission.file.name
        self.end: tuple[str, str] | None = None
        self.seen_fraction = math.nan
        """As of any mission."""
        self._ground, self._posts = ground, {post.routes[0].drone: post for post in posts}
        self.drones = tuple(self._posts)
        self._plans = {
            drone: PostPlan.of(post, "" if post.watch is None else post.watch.target, mission.model_of(drone))
            for drone, post in self._posts.items()
        }
        self._turn_plans = TurnPlans(self._posts, mission, run_folder(ground.stack_dir, order.run))
        earlier = None if kept is None else kept.watch
        self._requester = ground.clearances.requester if kept is None else kept.requester
        self._cleared_s = None if kept is None else kept.cleared_s
        self._ends: list[tuple[str, str]] = [] if kept is None else list(kept.earlier)
        """Outcome and reason of each ended turn, as the watch counts them."""
        self._ended_by = "" if kept is None else kept.ended_by
        """Reason for opening no more turns; empty without one."""
        self._file = mission.file
        self._times_s = self._times() if earlier is None else (earlier.starts_s, earlier.ends_s)
        """Begin of the watch and latest landing, on the manager's clock."""
        self._states: dict[str, tuple[DroneState, float]] = {}
        if earlier is not None:
            self._states |= {drone: (cast(DroneState, state), at_s) for drone, (state, at_s) in earlier.states.items()}
        self._called = set[str]() if earlier is None else set(earlier.called)
        """Drones that were called home in their turns."""
        self._relieved = set[str]() if earlier is None else set(earlier.relieved)
        """Those of them that the watch itself called home."""
        swap_s = ground.fleet.file.swap_s if ground.simulated else None
        at_rest = () if earlier is None else (earlier.rests, earlier.unswapped, earlier.lost)
        self._rests = Rests(swap_s, *at_rest)
        self._reliefs: dict[str, int] = {} if earlier is None else dict(earlier.reliefs)
        self._turns = {
            turn.drones[0]: self._turn(turn.read_plans()[0], turn)
            for turn in (() if earlier is None else earlier.turns)
        }
        self._exposures = Exposures(ground.node, self.drones, ground.now)
        cap = load_authorisation(mission.authorisation_path).file.sensors.max_simultaneous_cameras
        self._relay = Relay(
            self._plans.values(), starts_s=self._times_s[0], ends_s=self._times_s[1], cap=cap,
            overlap_s=mission.file.overlap_s, swap_s=ground.fleet.file.swap_s,
        )  # fmt: skip
        self._heard_by_s = -math.inf if earlier is None else time.monotonic() + HEARD_WITHIN_S
        """Wall time until which a restarted manager waits for its drones; -inf once they are heard."""
        self._logged: dict[str, str] = {}
        if self._ended_by:
            self._relay.end(ground.now())

    def _times(self) -> tuple[float, float]:
        """Begin and latest landing of the watch on the manager's clock, s. In a simulation the legal time begins with
        the first clearance, so the targets are watched as soon as a drone can be there."""
        time_s, file = self._ground.now(), self._file
        if self._ground.simulated:
            return time_s + lead_s(self._plans.values(), file.overlap_s), time_s + file.window_s
        starts_s = time_s + (file.start - datetime.now(UTC)).total_seconds()
        return starts_s, starts_s + file.window_s

    # For the node

    def step(self, silent: Collection[str], starting: Collection[str] = ()) -> None:
        """Advance the turns and the relay; the arguments are those of `OneMission.step`."""
        for drone, turn in list(self._turns.items()):
            turn.step(silent, starting)
            if self._cleared_s is None:
                self._cleared_s = turn.cleared_s
            if turn.end is not None:
                self._turn_ended(drone, turn, *turn.end)
        if self._ground.shuts_down():
            self._end_by("the stack is shut down")
        if self._ground.simulated and self._turns and self._cleared_s is None and not self._ended_by:
            self._times_s = self._times()
            self._relay.begin(*self._times_s)
        acts: Sequence[Act] = ()
        if self.end is None and self._is_heard():
            acts = self._relay.step(self._ground.now(), {drone: self._facts(drone) for drone in self.drones})
        for act in acts:
            match act:
                case Start():
                    self._start(act.drone)
                case PassLook():
                    self._ground.looks.ask(self._requester, act.to, act.from_, self._note)
                case Leave():
                    self._leave(act.drone)
        self._look_for_end()
        self._log()

    def _is_heard(self) -> bool:
        """Whether the drones, their leases and a picture are heard after a restart. A relay without them would take
        each drone on post for one that has just come, and the target for one that nobody watches."""
        drones, gate = self._ground.drones, self._ground.gate
        is_heard = set(self.drones) <= drones.statuses.keys() and all(map(gate.is_leased, self._turns))
        is_heard = is_heard and any(map(self._exposures.looks, self.drones))
        if is_heard or time.monotonic() > self._heard_by_s:
            self._heard_by_s = -math.inf
        return self._heard_by_s == -math.inf

    def nodes_restarted(self, nodes: Iterable[str]) -> None:
        """Name nodes that died and run again in the reasons of the flights."""
        for turn in self._turns.values():
            turn.nodes_restarted(nodes)

    def heard(self, status: Any) -> None:
        if status.drone in self._turns:
            self._turns[status.drone].heard(status)

    def stood_still(self, for_s: float) -> None:
        """Record that the manager was blocked for this time, s."""
        for turn in self._turns.values():
            turn.stood_still(for_s)

    def flights_of(self, drone: str) -> Flights | None:
        """The flights of a drone's turn; None while the drone flies none."""
        turn = self._turns.get(drone)
        return None if turn is None else turn.flights

    @property
    def waiting(self) -> tuple[str, ...]:
        """No drone of a watch waits for the rest of a plan: each has its own."""
        return ()

    @property
    def in_progress(self) -> InProgress:
        """The watch as an order sees it: a drone with an open turn can be called off."""
        piloted = (drone for turn in self._turns.values() for drone in turn.in_progress.piloted)
        return InProgress(self.drones, tuple(self._turns), self._swapping, tuple(piloted))

    def ask(
        self, order: Order, said: str, person: str, drones: Collection[str] = (), reason: str = "", signed: Any = None
    ) -> str:  # fmt: skip
        """Give a person's order to the turns of these drones; see `OneMission.ask`.

        A return or an abort without a drone, or of all drones of the watch, ends the watch; of one drone the turn, and
        its relief starts.
        """
        named = () if signed is None else tuple(signed.drones)
        if order in CALLS_OFF and (not named or set(named) >= set(self.drones)):
            self._end_by(said)
        elif order in CALLS_OFF and not self._turns:
            return "no drone of the run flies: without a drone's name the order ends the watch"
        to = {drone: turn for drone, turn in self._turns.items() if not drones or drone in drones}
        problems = {drone: turn.ask(order, said, person, (drone,), reason, signed) for drone, turn in to.items()}
        self._called |= set(to) if order in CALLS_OFF else set()
        taken = [drone for drone, problem in problems.items() if not problem]
        wrong = [f"{drone}: {problem}" for drone, problem in problems.items() if problem]
        return "; ".join(wrong if named or not taken else ())

    def answers_of(self, drones: Collection[str]) -> dict[str, Future]:
        """The answers of the given drones to the last order of a person."""
        turns = (turn for drone, turn in self._turns.items() if drone in drones)
        return {drone: answer for turn in turns for drone, answer in turn.answers_of(drones).items()}

    def cancel(self) -> None:
        """End the watch: all drones come home."""
        self._end_by("the operator cancelled the mission")
        for turn in self._turns.values():
            turn.cancel()
        self._called |= set(self._turns)

    def swapped(self, drones: Collection[str]) -> None:
        """Record that a person changed the packs of these drones."""
        self._rests.swapped(drones)

    def status(self) -> MissionStatus:
        """The watch as a message."""
        phase, reason = self._phase()
        outcome, reason = ("", reason) if self.end is None else self.end
        elapsed_s = 0.0 if self._cleared_s is None else max(0.0, now_s(self._ground.node) - self._cleared_s)
        targets = [
            WatchStatus(
                target=one.target, state=one.state, looking=one.looking, due_s=float(one.due_s),
                gap_s=float(one.gap_s), reason=one.reason, reliefs=one.reliefs + self._reliefs.get(one.target, 0),
            )
            for one in (self._relay.targets() if self._heard_by_s == -math.inf else ())
        ]  # fmt: skip
        return MissionStatus(
            run=self.order.run, mission=self.name, plan=self._posts[self.drones[0]].id, phase=phase, outcome=outcome,
            reason=reason, person=self.order.person, elapsed_s=elapsed_s, seen_blind_fraction=self.seen_fraction,
            drones=list(self.drones), watch=targets,
        )  # fmt: skip

    def kept(self) -> KeptMission:
        """The state that a restarted manager continues from."""
        starts_s, ends_s = self._times_s
        reliefs = {one.target: one.reliefs + self._reliefs.get(one.target, 0) for one in self._relay.targets()}
        return KeptMission(
            order=self.order,
            requester=self._requester, name=self.name, drones=self.drones, stage="flying",
            plans=tuple(post.to_json() for post in self._posts.values()), cleared_s=self._cleared_s,
            ended_by=self._ended_by, earlier=tuple(self._ends),
            watch=KeptWatch(
                turns=tuple(turn.kept() for turn in self._turns.values()), states=dict(self._states),
                unswapped=tuple(sorted(self._rests.unswapped)), rests=dict(self._rests.until),
                lost=dict(self._rests.lost), called=tuple(sorted(self._called)),
                relieved=tuple(sorted(self._relieved)), reliefs=reliefs, starts_s=starts_s, ends_s=ends_s,
            ),
        )  # fmt: skip

    # Turns

    def _turn(self, post: Plan, kept: KeptMission | None = None) -> OneMission:
        drone = post.routes[0].drone
        return OneMission(
            self._ground, self.order, self.name, post, plan_message(post), (drone,), kept, self._requester
        )

    def _start(self, drone: str) -> None:
        """Open a turn of a drone that may take one."""
        if drone in self._turns or self._ended_by or self._facts(drone).state != "ready":
            return
        time_s = self._ground.now()
        plan = self._turn_plans.next(drone, self._times_s[1] - time_s - self._relay.preflight_s)
        self._turns[drone], self._states[drone] = self._turn(plan), ("starting", time_s)

    def _leave(self, drone: str) -> None:
        """Call a relieved drone home, once a turn, in the name of the person who ordered the watch."""
        turn = self._turns.get(drone)
        if turn is None or drone in self._called:
            return
        why = "the watch ends" if self._ended_by else "it is relieved"
        if not turn.ask("return_home", f"{drone} leaves its post: {why}", self.order.person, (drone,), why):
            self._called.add(drone)
            self._relieved.add(drone)
            self._ground.entries.note_relief(drone, self.order.person, why, self.order.run)

    def _turn_ended(self, drone: str, turn: OneMission, outcome: str, reason: str) -> None:
        """Close a turn: the drone rests on its pad, or takes no other turn if it is elsewhere."""
        reason = reason.removeprefix(f"{drone}: ")
        flew, time_s = self._states.get(drone, ("starting", 0.0))[0] in UP, self._ground.now()
        is_by_watch = drone in self._relieved or bool(self._ended_by)
        del self._turns[drone]
        self._called.discard(drone)
        self._relieved.discard(drone)
        if self._cleared_s is None and not self._turns:  # the gate clears none: no later turn would fare better
            self._ends.append((outcome, reason))
            self._end_by(reason)
            return
        known, why = known_outcome(outcome), f"{drone}: {reason}" if reason else drone
        if known in GRAVE or (flew and known == "aborted"):
            self._ends.append((known, why))
        elif flew and known != "completed" and not is_by_watch:
            self._ends.append(("degraded", why))
        if not flew:
            self._rests.did_not_fly(drone, time_s, reason)
        elif self._is_at_home(drone):
            self._rests.flew(drone, time_s, reason)
        else:
            self._rests.loses(drone, reason or f"it is not known to stand on its pad after its turn ({known})")

    def _is_at_home(self, drone: str) -> bool:
        drones, home = self._ground.drones, self._posts[drone].routes[0].home
        return drones.is_down(drone) and is_over(home, drones.statuses.get(drone))

    @property
    def _swapping(self) -> tuple[str, ...]:
        """Drones whose packs are changed now: nobody goes near a drone that may still have a lease."""
        return self._turn_plans.free(sorted(self._rests.unswapped), self._ground.clearances.owed, self._requester)

    # The relay

    def _facts(self, drone: str) -> DroneNow:
        status, gate = (
            self._ground.drones.statuses.get(drone, DroneStatus(battery_fraction=math.nan)),
            self._ground.gate,
        )
        state, reason = self._state(drone, status)
        known = self._states.get(drone)
        if known is None or known[0] != state:
            known = self._states[drone] = state, self._ground.now()
        return DroneNow(
            state=state, since_s=known[1], battery_fraction=float(status.battery_fraction),
            cleared=gate.is_leased(drone) if status.autopilot != "down" else True,
            has_right=gate.may_look(drone), looks=self._exposures.looks(drone),
            inhibited=bool(status.sensor_inhibited), reason=reason,
        )  # fmt: skip

    def _state(self, drone: str, status: DroneStatus) -> tuple[DroneState, str]:
        """What a drone does, and why."""
        turn = self._turns.get(drone)
        if turn is None:
            return self._rests.state(drone, self._ground.now(), is_down=self._ground.drones.is_down(drone))
        before, _ = self._states.get(drone, (None, 0.0))
        if turn.flights is None:
            return "starting", ""
        if drone in turn.flights.take_overs:
            return "homeward", "the ground station brings it home"
        at = status.position.x, status.position.y, status.position.z
        return state_in_turn(status.phase, before, at, self._plans[drone].place), status.reason

    # The end

    def _end_by(self, reason: str) -> None:
        """Open no more turns; the drones that are out come home."""
        if not self._ended_by:
            self._ended_by = reason
            self._relay.end(self._ground.now())

    def _look_for_end(self) -> None:
        if self.end is None and not self._turns and (self._ended_by or self._is_over):
            self.end = self._outcome()
            self._exposures.close()

    @property
    def _is_over(self) -> bool:
        """Whether no target is to be watched any more."""
        return all(one.state == "ended" for one in self._relay.targets())

    def _outcome(self) -> tuple[str, str]:
        """The worst end of a turn, or of the watch by a person, and the first reason for it."""
        by_order = [("returned", self._ended_by)] if self._ended_by and self._cleared_s is not None else []
        ends = [*self._ends, *by_order, ("completed", "")]
        worst = min((known_outcome(end) for end, _ in ends), key=WORST_FIRST.index)
        return worst, next((why for end, why in ends if known_outcome(end) == worst and why), "")

    # Status

    def _phase(self) -> tuple[str, str]:
        if self.end is not None:
            return "done", ""
        phases = [turn.flights.run.phase for turn in self._turns.values() if turn.flights is not None]
        reason = self._ended_by or next((one.reason for one in self._relay.targets() if one.reason), "")
        for phase in ("flying", "holding", "returning"):
            if phase in phases:
                return phase, reason
        if phases:
            return "returning", reason
        if self._cleared_s is None:
            return "authorising", reason
        pads = ", ".join(f"{drone} on pad {self._posts[drone].routes[0].pad}" for drone in self._swapping)
        return "swapping", f"waits for new battery packs in {pads}" if pads else reason

    def _log(self) -> None:
        """Log each change of a target's state or looking drone, with the reason of then."""
        for one in self._relay.targets():
            line = ": ".join(filter(None, (one.target, one.state, one.looking)))
            if self._logged.get(one.target) != line:
                self._logged[one.target] = line
                self._note(f"{line} ({one.reason})" if one.reason else line)

    def _note(self, event: str) -> None:
        self._ground.node.get_logger().info(": ".join(filter(None, (self.order.run, event))))
