"""Which nodes of the stack are alive, from their heartbeats on the steady clock. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf


class Liveness:
    """Expected nodes (fully qualified names) and when each was last heard. One never heard is not lost but absent.

    `lives` says of a node whether its process lives, None where that is not known here: one that is dead or stopped is
    not heard, whoever speaks in its name.

    Ask `lost` often. Whoever did not for half the time-out stood still itself: who spoke meanwhile is not read yet, so
    that every silence counts anew.
    """

    def __init__(
        self, expected: Iterable[str], timeout_s: float, lives: Callable[[str], bool | None] = lambda _: None
    ) -> None:
        self._lives = lives
        self._heard_s: dict[str, float | None] = dict.fromkeys(expected)
        self._timeout_s = timeout_s
        self._looked_s = -inf

    def heard(self, node: str, now_s: float) -> None:
        """A node spoke; one that is not expected is of no interest."""
        if node in self._heard_s and self._lives(node) is not False:
            self._heard_s[node] = now_s

    def absent(self) -> tuple[str, ...]:
        """Nodes that were never heard."""
        return tuple(node for node, heard_s in self._heard_s.items() if heard_s is None)

    def unheard_since(self, since_s: float) -> tuple[str, ...]:
        """Nodes that have not spoken after that."""
        return tuple(node for node, heard_s in self._heard_s.items() if heard_s is None or heard_s <= since_s)

    def lost(self, now_s: float) -> tuple[str, ...]:
        """Nodes that spoke once and are silent for longer than the time-out."""
        if now_s - self._looked_s > self._timeout_s / 2:
            self._heard_s = {n: None if heard_s is None else now_s for n, heard_s in self._heard_s.items()}
        self._looked_s = now_s
        return tuple(
            node
            for node, heard_s in self._heard_s.items()
            if heard_s is not None and now_s - heard_s > self._timeout_s
        )
