"""Clearances of plans, as requested from the authority and given back by `mission_manager`."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from blindspot_msgs.srv import Authorise, GiveBack
from rclpy.node import Node
from rclpy.task import Future

from blindspot.flight.vehicle import requests

DISCOVERY_LIMIT_S = 10.0
GIVE_BACK_AGAIN_S = 1.0
MOST_OWED = 64
"""Clearances that are still to be given back. The authority's leases end with the authority, so that the oldest may be
dropped."""


class Clearances:
    """Requests clearances, and gives each clearance back until the authority has acknowledged the return: a lease
    that outlives the mission would let anyone arm the drone."""

    def __init__(self, node: Node) -> None:
        self.requester = secrets.token_hex(16)
        """Random text of this process; only with it a clearance can be given back."""
        self.owed: dict[str, str] = {}
        """By plan hash: requester of a clearance that is not taken back yet."""
        self._node = node
        self._authorise = node.create_client(Authorise, "authorise")
        self._give_back = node.create_client(GiveBack, "give_back")
        self._asking: dict[str, Future] = {}
        """By plan hash: the latest request for clearance that is unanswered."""
        self._answers: dict[str, Future] = {}
        self._asked_s = 0.0

    async def refusal(
        self, order: Any, plan: Any, requester: str, within_s: float, calls_off: Callable[[], str]
    ) -> str:
        """The reason why a plan is not cleared; empty if it is. A time-out counts as a refusal.

        `order` and `plan` are messages. `calls_off` returns the reason for calling the mission off, else "". After a
        time-out the caller has to give the clearance back, since the authority may still grant it.
        """
        if not await requests.Until(lambda: plan.sha256 not in self.owed, time.monotonic, DISCOVERY_LIMIT_S):
            return "the authority has not taken the former clearance back: no clearance"
        if not await requests.Until(self._authorise.service_is_ready, time.monotonic, DISCOVERY_LIMIT_S):
            return "the authority does not answer: no clearance"
        if calls_off():
            return calls_off()
        asked = self._authorise.call_async(Authorise.Request(mission=order, plan=plan, requester=requester))
        self._asking[plan.sha256] = asked
        is_over = await requests.Until(lambda: asked.done() or bool(calls_off()), time.monotonic, within_s)
        if not asked.done():
            asked.add_done_callback(partial(self._on_late, plan.sha256, requester))
            return calls_off() if is_over else "the authority did not answer in time: no clearance"
        self._asking.pop(plan.sha256, None)
        verdict: Any = asked.result()
        return "" if verdict.granted else "; ".join(verdict.verdicts) or "no clearance"

    async def again(
        self, order: Any, plan: Any, requester: str, within_s: float, is_given_up: Callable[[], bool]
    ) -> str:
        """The reason why a plan in flight is not cleared anew; empty if it is. A time-out counts as a refusal.

        A late grant is kept: the mission that flies the plan gives the clearance back at the mission's end.
        """
        asked = self._authorise.call_async(Authorise.Request(mission=order, plan=plan, requester=requester))
        await requests.Until(lambda: asked.done() or is_given_up(), time.monotonic, within_s)
        if not asked.done():
            self._authorise.remove_pending_request(asked)
            return "the authority did not answer"
        verdict = asked.result()
        return "" if verdict.granted else "; ".join(verdict.verdicts) or "no clearance"

    def _on_late(self, sha256: str, requester: str, future: Future) -> None:
        """An answer after the end of the wait is a clearance that nobody uses, unless the plan was requested again."""
        if sha256 not in self._asking or self._asking[sha256] is not future:
            return
        del self._asking[sha256]
        answer = future.result()
        if answer is not None and answer.granted:
            self.give_back(sha256, requester)

    def give_back(self, sha256: str, requester: str) -> None:
        """Give the clearance of this plan back, now and each second until it is acknowledged."""
        self.owed[sha256] = requester
        while len(self.owed) > MOST_OWED:
            self.owed.pop(next(iter(self.owed)))
        self._ask(sha256)

    async def returned(self, *hashes: str) -> bool:
        """Wait until these plans' clearances are taken back; False after a time-out."""
        return await requests.Until(lambda: not self.owed.keys() & set(hashes), time.monotonic, DISCOVERY_LIMIT_S)

    def step(self) -> None:
        """Repeat what is not acknowledged; call this about ten times a second."""
        if self.owed and time.monotonic() - self._asked_s >= GIVE_BACK_AGAIN_S:
            for sha256 in self.owed:
                self._ask(sha256)

    def _ask(self, sha256: str) -> None:
        self._asked_s = time.monotonic()
        if sha256 in self._answers:
            self._give_back.remove_pending_request(self._answers.pop(sha256))
        future = self._give_back.call_async(GiveBack.Request(plan=sha256, requester=self.owed[sha256]))
        self._answers[sha256] = future
        future.add_done_callback(partial(self._on_given_back, sha256))

    def _on_given_back(self, sha256: str, future: Future) -> None:
        answer = future.result()
        if self._answers.get(sha256) is future:
            del self._answers[sha256]
        if answer is not None and answer.success:
            self.owed.pop(sha256, None)
