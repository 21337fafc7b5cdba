"""The relay at one target: who looks, who starts, who leaves, and whether a gap is foreseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isnan, nan

from blindspot.operations.watches.drone_memory import IN_THE_AIR, DroneMemory
from blindspot.operations.watches.exchange import Act, Leave, PassLook, Start, TargetState, TargetStatus
from blindspot.operations.watches.reasons import because

MARGIN_S = 30.0
"""Time to spare of each relief, and before the latest landing, s."""
LANDING_SPARE = 0.05
"""Share of each flight that the gate keeps to spare before the latest landing."""
LEAST_LOOK_S = 60.0
"""Shortest time on post of a useful turn, s. A drone relieves another one if it can stay so much longer."""
SETTLE_S = 5.0
"""From the arrival to the first exposure with the right to look, s."""
NOTICE_S = 30.0
"""A relief that can't look so long before the other drone leaves is announced as a gap, s."""
PASS_S = 8.0
"""Longest pause of a hand-over, s: a longer one is a gap."""
UNSEEN_S = 2.0
"""Without an exposure for so long there is a gap, s."""
AGAIN_S = {Start: 5.0, PassLook: 2.0, Leave: 5.0}
"""An act without effect is repeated after, s."""


@dataclass(frozen=True, slots=True)
class Times:
    """The common times of a watch, s. `preflight_s` is the median of the stack, `way_factor`
    the longest of the last measured ways by the planned one; `cap_left` counts the cameras that may
    still get the right to look; `blocked` says why no drone may start."""

    starts_s: float
    ends_s: float
    earliest_s: float
    overlap_s: float
    swap_s: float
    preflight_s: float
    way_factor: float
    cap_left: int
    blocked: str

    def way_s(self, drone: DroneMemory) -> float:
        return self.way_factor * drone.post.way_s


class TargetRelay:
    """The drones of one target, in the order of the posts."""

    def __init__(self, target: str, drones: Sequence[DroneMemory]) -> None:
        self._target, self._drones = target, tuple(drones)
        self._longest_home_s = max(drone.post.home_s + LANDING_SPARE * drone.post.flight_s for drone in self._drones)
        self._looker: DroneMemory | None = None
        self._passed_s = -inf
        """When the present looker was chosen."""
        self._looks_since_s = nan
        self._seen_s = nan
        """The last step with an exposure; NaN before the first one."""
        self._seen_by, self._reliefs = "", 0
        self._given: dict[Act, float] = {}
        self._first_s = inf
        """The first step: what was seen before is unknown to a relay that goes on after a restart."""

    def step(self, now_s: float, times: Times) -> tuple[tuple[Act, ...], TargetStatus]:
        """The acts of now, and the state of the target."""
        self._first_s = min(self._first_s, now_s)
        self._notice_look(now_s)
        self._choose_looker(now_s)
        over = now_s >= self._end_s(times)
        acts: list[Act] = [*self._passes(times), *self._leaves(now_s, times, over=over)]
        if not (over or times.blocked or now_s < times.earliest_s):
            acts += self._starts(now_s, times)
        return tuple(act for act in acts if self._is_due(act, now_s)), self._status(now_s, times, over=over)

    def _end_s(self, times: Times) -> float:
        """When the drones of this target leave for the latest landing."""
        return times.ends_s - self._longest_home_s - MARGIN_S

    def _is_due(self, act: Act, now_s: float) -> bool:
        if now_s - self._given.get(act, -inf) < AGAIN_S[type(act)]:
            return False
        self._given[act] = now_s
        return True

    def _notice_look(self, now_s: float) -> None:
        looking = [drone for drone in self._drones if drone.facts.looks]
        if looking:
            self._seen_s = now_s
        looker = self._looker
        if looker is None or looker not in looking:
            self._looks_since_s = nan
        elif isnan(self._looks_since_s):
            self._looks_since_s = now_s
            self._reliefs += self._seen_by not in ("", looker.name)
            self._seen_by = looker.name

    def _choose_looker(self, now_s: float) -> None:
        """The looker changes only for a reason: it left, holds, is dark or lost its clearance, or a fresher drone is on
        post. A single late lease is no reason."""
        looker, able = self._looker, [drone for drone in self._drones if drone.is_able]
        if looker is not None and not looker.is_at_view:
            looker = None
        best = max(able, key=lambda drone: (looker is None and drone.facts.has_right, drone.leave_s), default=looker)
        if best is not looker and best is not None and (
            looker is None or looker.is_given_up or best.leave_s > looker.leave_s + LEAST_LOOK_S
        ):  # fmt: skip
            looker, self._passed_s = best, now_s
        if looker is not self._looker:
            self._looker, self._looks_since_s = looker, nan

    def _passes(self, times: Times) -> list[Act]:
        """Rights that have to move; a right that a drone off its post keeps is taken."""
        holders = [drone for drone in self._drones if drone.facts.has_right and drone is not self._looker]
        looker = self._looker
        if looker is not None and looker.is_able:
            if holders:
                return [PassLook(looker.name, holders[0].name)]
            return [PassLook(looker.name, "")] if not looker.facts.has_right and times.cap_left > 0 else []
        return [PassLook("", drone.name) for drone in holders if not drone.is_at_view]

    def _leaves(self, now_s: float, times: Times, *, over: bool) -> list[Act]:
        """Drones that another drone has relieved, and all drones at the end. A second drone that can't stay longer than
        the looker leaves, too: it comes back as a fresh relief, and otherwise both would leave at the same time."""
        if over:
            return [Leave(drone.name) for drone in self._drones if drone.facts.state in IN_THE_AIR - {"homeward"}]
        looker = self._looker
        if looker is None or not now_s - self._looks_since_s >= times.overlap_s:
            return []
        return [
            Leave(drone.name) for drone in self._drones
            if drone is not looker and drone.facts.state == "on_post" and not drone.facts.looks
            and (drone.is_dark or drone.leave_s <= looker.leave_s + LEAST_LOOK_S)
        ]  # fmt: skip

    def _starts(self, now_s: float, times: Times) -> list[Act]:
        """Repeat an order that is not yet seen to work, else start the best ready drone if a relief is due."""
        if any(self._comes(drone, now_s, times) for drone in self._drones):
            return [Start(drone.name) for drone in self._drones if drone.is_ordered]
        covered_s, drone = self._covered_s(now_s, times), self._candidate(now_s, times)
        if drone is None or covered_s >= self._end_s(times) or now_s < self._due_s(drone, covered_s, times):
            return []
        drone.order_start(now_s)
        return [Start(drone.name)]

    def _comes(self, drone: DroneMemory, now_s: float, times: Times) -> bool:
        """Whether a drone is about to relieve the looker, and not yet late."""
        state, for_s = drone.facts.state, now_s - drone.facts.since_s
        if state == "starting":
            return for_s <= 2.0 * times.preflight_s
        if state == "under_way":
            return for_s <= 2.0 * times.way_s(drone) + MARGIN_S
        looker = self._looker
        fresher = looker is not None and drone is not looker and drone.leave_s > looker.leave_s + LEAST_LOOK_S
        return drone.is_ordered or (drone.is_able and fresher)

    def _candidate(self, now_s: float, times: Times) -> DroneMemory | None:
        """The ready drone with the fewest failed starts whose turn is still useful; the longest ready one first."""
        ready = [
            drone for drone in self._drones
            if drone.facts.state == "ready" and now_s >= drone.next_try_s
            and now_s + times.preflight_s + times.way_s(drone) + LEAST_LOOK_S <= self._end_s(times)
        ]  # fmt: skip
        return min(ready, key=lambda drone: (drone.failures, drone.facts.since_s), default=None)

    def _due_s(self, drone: DroneMemory, covered_s: float, times: Times) -> float:
        """When a drone has to start, so that it looks in time, and long enough for a useful last turn."""
        way_s = times.preflight_s + times.way_s(drone)
        return min(covered_s - times.overlap_s - MARGIN_S, self._end_s(times) - LEAST_LOOK_S - SETTLE_S) - way_s

    def _covered_s(self, now_s: float, times: Times) -> float:
        """Until when the drones at their views can stay. A drone that holds counts, because a person may resume it."""
        there = [
            drone.leave_s
            for drone in self._drones
            if drone.is_able or (drone.is_at_view and drone.facts.state == "holding")
        ]
        return max(now_s, times.starts_s, *there) if now_s < times.starts_s else max(now_s, *there, -inf)

    def _next_look_s(self, now_s: float, times: Times) -> float:
        """The earliest moment at which a drone may look in a further turn; infinite if none comes."""
        return min((self._arrives_s(drone, now_s, times) for drone in self._drones), default=inf) + SETTLE_S

    def _arrives_s(self, drone: DroneMemory, now_s: float, times: Times) -> float:
        facts, post = drone.facts, drone.post
        if facts.state == "under_way":
            return max(now_s, facts.since_s + times.way_s(drone))
        if facts.state == "starting":
            return max(now_s, facts.since_s + times.preflight_s) + times.way_s(drone)
        if facts.state == "holding" and not drone.is_at_view:
            return now_s + times.way_s(drone)
        if times.blocked or facts.state == "out":
            return inf
        ready_s = max(now_s, drone.next_try_s, times.earliest_s)
        if facts.state == "swapping":
            ready_s = _expected(facts.since_s + times.swap_s, now_s)
        elif facts.state == "homeward":
            ready_s = _expected(facts.since_s + post.home_s, now_s) + times.swap_s
        elif drone.is_at_view:
            ready_s = (drone.leave_s if drone is self._looker else now_s) + post.home_s + times.swap_s
        arrives_s = ready_s + times.preflight_s + times.way_s(drone)
        return arrives_s if arrives_s + LEAST_LOOK_S <= self._end_s(times) else inf

    def _status(self, now_s: float, times: Times, *, over: bool) -> TargetStatus:
        covered_s, end_s = self._covered_s(now_s, times), self._end_s(times)
        looker, holders = self._looker, [drone.name for drone in self._drones if drone.facts.has_right]
        state, gap_s, reason = self._seen_state(now_s, times, over=over), 0.0, ""
        is_short = not over and covered_s < end_s and self._next_look_s(now_s, times) + NOTICE_S > covered_s
        if state == "gap":
            gap_s = now_s - (max(times.starts_s, self._first_s) if isnan(self._seen_s) else self._seen_s)
        elif is_short:
            state, gap_s = "before" if state == "before" else "short", covered_s - now_s
        if state == "gap" or is_short:
            reason = because(self._drones, times.blocked)
        due_s = nan
        if not over and covered_s < end_s and not any(self._comes(drone, now_s, times) for drone in self._drones):
            dues = [self._due_s(drone, covered_s, times) for drone in self._drones if drone.may_come]
            due_s = min(dues, default=nan) - now_s
        looking = looker.name if looker is not None and looker.name in holders else next(iter(holders), "")
        return TargetStatus(self._target, state, looking, due_s, gap_s, reason, self._reliefs)

    def _seen_state(self, now_s: float, times: Times, *, over: bool) -> TargetState:
        if over:
            return "ended"
        if now_s < times.starts_s:
            return "before"
        is_passing = now_s - self._passed_s <= PASS_S
        if now_s - self._seen_s <= UNSEEN_S:
            others = (drone.facts.state == "on_post" for drone in self._drones if drone is not self._looker)
            return "handing_over" if any(others) else "watched"
        return "handing_over" if is_passing and self._seen_by else "gap"


def _expected(planned_s: float, now_s: float) -> float:
    """A planned moment; one that has passed is expected as far ahead as it is late."""
    return planned_s if planned_s >= now_s else 2.0 * now_s - planned_s
