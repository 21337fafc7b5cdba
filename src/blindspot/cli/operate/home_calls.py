"""The calls of a shut-down: drones home, missions off."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from blindspot.nodes.clients import Operator

SHUT_DOWN = "the stack is shut down"
ANSWER_LIMIT_S = 5.0
"""Wall time for the mission manager's answer. Then each drone's flight_control gets the order."""
CALL_AGAIN_S = 5.0
"""Wall time after which an order that was not taken is given again, while a mission is in progress."""


class HomeCalls:
    """Calls drones home and missions off until the mission manager has taken it; otherwise each drone gets the order
    itself, as from a node: a shut-down may come after the loss of the mission manager."""

    def __init__(self, operator: Operator, person: str, note: Callable[[str], object]) -> None:
        self._operator, self._person, self._note = operator, person, note
        self._called: set[tuple[str, str]] = set()
        """Run and drone of each order; the run is empty for a drone without a mission."""
        self._sent: Any = None
        self._answer_by_s = self._again_s = math.inf

    def step(self, out: Sequence[str], missions: Sequence[Any]) -> None:
        """Call home and off all that is not called yet; `out` may be in the air, `missions` are in progress."""
        if self._sent is not None:
            self._look_at_answer(out, missions)
        if time.monotonic() >= self._again_s:
            self._called.clear()
            self._again_s = math.inf
        if self._sent is None and (new := self._uncalled(out, missions)):
            self._call(sorted({drone for _, drone in new}), out)
            self._called |= new

    def _uncalled(self, out: Sequence[str], missions: Sequence[Any]) -> set[tuple[str, str]]:
        wanted: set[tuple[str, str]] = set()
        for mission in missions:
            flying = [drone for drone in mission.drones if drone in out]
            if flying or not any(run == mission.run for run, _ in self._called):
                wanted |= {(mission.run, drone) for drone in flying or mission.drones}
        known = {drone for _, drone in (*self._called, *wanted)}
        return (wanted | {("", drone) for drone in out if drone not in known}) - self._called

    def _call(self, drones: Sequence[str], out: Sequence[str]) -> None:
        if home := [drone for drone in drones if drone in out]:
            self._note(f"{SHUT_DOWN}: {', '.join(home)} called home; a second Ctrl-C ends at once")
        if grounded := [drone for drone in drones if drone not in out]:
            self._note(f"{SHUT_DOWN}: the missions of {', '.join(grounded)} are called off")
        self._sent = self._operator.orders.send("return_home", drones, self._person, SHUT_DOWN)
        self._answer_by_s = time.monotonic() + ANSWER_LIMIT_S

    def _look_at_answer(self, out: Sequence[str], missions: Sequence[Any]) -> None:
        is_answered = self._sent.done()
        if not is_answered and time.monotonic() <= self._answer_by_s:
            return
        is_taken = is_answered and self._sent.result().success
        self._sent = None
        if is_taken:
            return
        self._order_each(out)
        if missions:  # a clearance may still come, and a drone take off
            self._again_s = time.monotonic() + CALL_AGAIN_S

    def _order_each(self, drones: Sequence[str]) -> None:
        if drones:
            self._note("the mission manager did not take the order: each drone gets it directly")
        for drone in drones:
            orders, until_s = self._operator.orders_of(drone), time.monotonic() + ANSWER_LIMIT_S
            while not orders.is_ready and time.monotonic() < until_s:
                self._operator.spin(0.05)
            orders.send("return_home", (drone,), "", SHUT_DOWN)
