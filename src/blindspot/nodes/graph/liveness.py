"""The nodes of the stack that are alive, from their heartbeats on the steady clock. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf


class Liveness:
    """Expected nodes (fully qualified names) and the last heartbeat of each. A node without one is absent, not lost.

    `lives` returns whether a node's process is alive, or None if that is unknown here. Heartbeats in the name of a dead
    or stopped process are ignored.

    Call `lost` often. A gap of half the time-out means that this process itself stood still, with heartbeats still
    unread. Every silence then starts again at zero.
    """

    def __init__(
        self, expected: Iterable[str], timeout_s: float, lives: Callable[[str], bool | None] = lambda _: None
    ) -> None:
        self._lives = lives
        self._heard_s: dict[str, float | None] = dict.fromkeys(expected)
        self.timeout_s = timeout_s
        self._looked_s = -inf

    def heard(self, node: str, now_s: float) -> None:
        """Note a heartbeat; unexpected nodes are ignored."""
        if node in self._heard_s and self._lives(node) is not False:
            self._heard_s[node] = now_s

    def absent(self) -> tuple[str, ...]:
        """Expected nodes whose first heartbeat is still missing."""
        return tuple(node for node, heard_s in self._heard_s.items() if heard_s is None)

    def unheard_since(self, since_s: float) -> tuple[str, ...]:
        """Nodes without a heartbeat since `since_s`."""
        return tuple(node for node, heard_s in self._heard_s.items() if heard_s is None or heard_s <= since_s)

    def lost(self, now_s: float) -> tuple[str, ...]:
        """Nodes whose heartbeat has stopped for longer than the time-out."""
        if now_s - self._looked_s > self.timeout_s / 2:
            self._heard_s = {n: None if heard_s is None else now_s for n, heard_s in self._heard_s.items()}
        self._looked_s = now_s
        return tuple(
            node for node, heard_s in self._heard_s.items() if heard_s is not None and now_s - heard_s > self.timeout_s
        )
