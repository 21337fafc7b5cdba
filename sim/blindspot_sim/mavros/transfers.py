"""Transfers of a drone's lists between a client and the autopilot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from blindspot_sim.mavros.lists import Lists

Reply = Callable[[dict[str, object]], None]


class Transfers:
    """Push, pull or clear a list, one transfer at a time. A busy protocol refuses at once.

    `after(seconds, action)` schedules an action, and `publish(kind)` publishes a list.
    """

    def __init__(
        self, lists: Lists, random: Random, after: Callable[[float, Callable[[], None]], None],
        publish: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._lists, self._random, self._after, self._publish = lists, random, after, publish

    def begin(self, kind: str, action: str, request: Mapping[str, Any], reply: Reply) -> None:
        lists = self._lists
        if lists.busy:
            count = {"push": "wp_transfered", "pull": "wp_received"}.get(action)
            refusal: dict[str, object] = {"success": False} | ({count: 0} if count else {})
            self._after(0.0, lambda: reply(refusal))
            return
        lists.busy = True
        waypoints = list(request.get("waypoints", ()))
        seconds = self._random.uniform(0.01, 0.02) + 0.002 * (len(waypoints) or lists.held(kind))

        def done() -> None:
            lists.busy = False
            response: dict[str, object] = {"success": True}
            if action == "push":
                response["success"] = lists.push(kind, waypoints)
                response["wp_transfered"] = len(waypoints) if response["success"] else 1
            elif action == "pull":
                response["wp_received"] = lists.pull(kind)
            else:
                lists.clear(kind)
            if response["success"]:
                self._publish(kind)
            reply(response)

        self._after(seconds, done)
