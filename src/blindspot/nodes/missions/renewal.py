"""The clearance of a flight after a restart of the authority: the new process knows none, so it is asked for again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from functools import partial
from typing import Any

from blindspot_msgs.msg import Clearance
from rclpy.node import Node

from blindspot.flight.vehicle import requests
from blindspot.law.leases import LEASE_S
from blindspot.nodes.graph import qos

FORGOTTEN_S = 1.5
"""Silence of a drone's leases on the node's time, three of their periods, after which its clearance is forgotten."""
GATE_SILENT_S = 1.0
"""Silence on the wall clock that may hide a restart of an authority whose process is unknown here. Such a restart
imports its libraries, which takes longer."""
SETTLED_S = 1.0
"""The same silence on the wall clock; also the time after the first heartbeat of a new authority within which its
services are discovered."""
LEASED_AGAIN_WITHIN_S = 30.0
"""Wall time in which a restarted authority checks and clears the flights in the air. Later they return."""
STARTED_AGAIN = "the authority was started again before it answered"


class GateWatch:
    """Sees the drones' leases, and that the authority has forgotten a clearance: the authority lives, and the drone's
    leases stay away.

    An authority that ends leases by the law sends refusals in place of leases, so the authority is not silent. Any
    process can publish a lease; a false one delays or causes a question, and the authority decides.
    """

    def __init__(self, node: Node, drones: Sequence[str], now: Callable[[], float]) -> None:
        self.alive_since_s = math.inf
        """Wall time since which this authority is heard, s; infinity before. Silence of a known process changes
        nothing: a busy machine is silent, too. Silence of an unknown process may hide a restart."""
        self.begun_s = -math.inf
        """Wall time at which the present process was first noted, s. Earlier heartbeats were of another one."""
        self._process: tuple[int, int] | None = None
        self._is_heard = False
        self._now = now
        self._leased_s: dict[str, tuple[float, float]] = {}
        """By drone: time of its last lease, on the node's clock and on the wall."""
        self._last: dict[str, tuple[float, bool, bool]] = {}
        """By drone: time of its last lease on the node's clock, whether it was granted, and with the right to look."""
        for name in drones:
            node.create_subscription(Clearance, f"/{name}/clearance", partial(self._on_lease, name), qos.LEASE)

    def _on_lease(self, drone: str, message: Any) -> None:
        self.expects([drone])
        self._last[drone] = self._now(), bool(message.granted), bool(message.granted and message.may_look)

    def is_leased(self, drone: str) -> bool:
        """Whether the drone has a lease that may still count."""
        at_s, granted, _ = self._last.get(drone, (-math.inf, False, False))
        return granted and self._now() - at_s <= LEASE_S

    def may_look(self, drone: str) -> bool:
        """Whether the drone has a lease with the right to look that may still count."""
        return self.is_leased(drone) and self._last[drone][2]

    def expects(self, drones: Collection[str]) -> None:
        """These drones have leases now, or had them in an earlier process."""
        self._leased_s |= dict.fromkeys(drones, (self._now(), time.monotonic()))

    def step(self, process: tuple[int, int] | None, *, is_heard: Callable[[float], bool]) -> None:
        """Note the authority's process, None if no supervisor here reports the process, and whether the authority is
        heard since a wall time; call this about ten times a second."""
        now_s = time.monotonic()
        if process != self._process:
            self._process, self.begun_s, self.alive_since_s = process, now_s, math.inf
        self._is_heard = is_heard(max(self.begun_s, now_s - GATE_SILENT_S))
        if self._is_heard:
            self.alive_since_s = min(self.alive_since_s, now_s)
        elif process is None:
            self.alive_since_s = math.inf

    def has_forgotten(self, drones: Collection[str]) -> bool:
        """Whether the authority lives, and none of these drones that had leases gets leases."""
        now_s, wall_s = self._now(), time.monotonic()
        leased_s = [self._leased_s[drone] for drone in drones if drone in self._leased_s]
        is_silent = all(now_s - at_s >= FORGOTTEN_S and wall_s - at_wall_s >= SETTLED_S for at_s, at_wall_s in leased_s)
        return self._is_heard and bool(leased_s) and is_silent and wall_s - self.alive_since_s >= SETTLED_S

    @property
    def is_settled(self) -> bool:
        """Whether the authority is heard, and its services are discovered."""
        return self._is_heard and time.monotonic() - self.alive_since_s >= SETTLED_S

    def lacks(self, in_the_air: Collection[str]) -> bool:
        """Whether the authority has forgotten one of these drones. A forgetful authority clears no plan of drones on
        the ground, since the way of a drone in the air is unknown: the leases of this drone come first."""
        return any(self.has_forgotten([drone]) for drone in in_the_air)


async def refusal_of(
    watch: GateWatch, ask: Callable[[Callable[[], str]], Coroutine[Any, Any, str]],
    in_the_air: Callable[[], Collection[str]], called_off: Callable[[], str], note: Callable[[str], object],
) -> str:  # fmt: skip
    """The reason of the authority against a new plan; empty if it is cleared.

    `ask(calls_off)` asks the authority once; an authority that was started again before the answer is asked once more.
    Drones `in_the_air` get their leases back first, if that does not take too long. `called_off` returns the reason for
    giving up, else "".
    """
    refusal = ""
    for is_last in (False, True):
        await requests.Until(
            lambda: bool(called_off()) or not watch.lacks(in_the_air()), time.monotonic, LEASED_AGAIN_WITHIN_S
        )
        asked_of_s = math.inf if is_last else watch.alive_since_s

        def calls_off(asked_of_s: float = asked_of_s) -> str:
            is_new = math.isfinite(asked_of_s) and watch.alive_since_s != asked_of_s
            return called_off() or (STARTED_AGAIN if is_new else "")

        refusal = await ask(calls_off)
        if refusal != STARTED_AGAIN:
            break
        note(f"{STARTED_AGAIN}, and is asked again")
        await requests.Until(lambda: bool(called_off()) or watch.is_settled, time.monotonic, LEASED_AGAIN_WITHIN_S)
    return refusal


class Renewal:
    """Asks for the clearances of one flight, once for each start of the authority.

    `ask(message, is_given_up)` returns the authority's reason against a plan, "" if it is cleared.
    """

    def __init__(
        self, watch: GateWatch, ask: Callable[[Any, Callable[[], bool]], Coroutine[Any, Any, str]],
        note: Callable[[str], object],
    ) -> None:  # fmt: skip
        self._watch, self._ask, self._note = watch, ask, note
        self._script: requests.Script[None] | None = None
        self._asked_of_s = math.inf
        """`alive_since_s` of the authority that was asked."""

    def step(
        self, drones: Collection[str], plans: Callable[[], Sequence[Any]], in_the_air: Collection[str] = ()
    ) -> None:  # fmt: skip
        """Ask if the question is due. `drones` fly; `plans` returns the messages of the flight's plans, a rest after
        the rest's plan. `in_the_air` are all drones of the fleet that are not down: a flight on the ground waits
        for their leases."""
        alive_since_s = self._watch.alive_since_s
        is_due = self._script is None and alive_since_s != self._asked_of_s and self._watch.has_forgotten(drones)
        if is_due and (set(drones).intersection(in_the_air) or not self._watch.lacks(in_the_air)):
            self._asked_of_s = alive_since_s
            self._script = requests.Script(self._renew(plans(), alive_since_s))
        if self._script is not None:
            self._script.step()
            self._script = None if self._script.done else self._script

    async def _renew(self, messages: Sequence[Any], alive_since_s: float) -> None:
        self._note("the authority has forgotten the clearance, and is asked again")
        for message in messages:
            refusal = await self._ask(message, lambda: self._watch.alive_since_s != alive_since_s)
            if refusal:
                self._note(f"the clearance is not renewed: {refusal}")
                return
        self._note("the clearance is renewed")
