"""The stack as seen by the logbook: the heartbeats of the nodes, and the notes of the nodes' supervisor."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from blindspot.nodes.graph.liveness import Liveness
from blindspot.stack import Supervised

SILENCE_S = 5.0
"""Silence of a lost node, wall time."""
FOUND_WITHIN_S = 20.0
"""Wall time from the listener's start after which a node without any heartbeat counts as silent."""


class WatchedStack:
    """The watched nodes by their full names, and the folder of the stack."""

    def __init__(self, watched: Sequence[str], stack_dir: Path) -> None:
        self._supervised = Supervised(stack_dir)
        self._liveness = Liveness(watched, SILENCE_S, self._supervised.lives)
        self._since_s = time.monotonic()

    @property
    def listens_s(self) -> float:
        """Wall time since the listener's start."""
        return time.monotonic() - self._since_s

    @property
    def shuts_down(self) -> bool:
        """Whether the supervisor shuts the stack down."""
        return self._supervised.shuts_down

    def heard(self, node: str) -> None:
        """Take a heartbeat."""
        self._liveness.heard(node, time.monotonic())

    def silent(self) -> tuple[str, ...]:
        """Nodes whose heartbeat has stopped, or never came."""
        absent = self._liveness.absent() if self.listens_s > FOUND_WITHIN_S else ()
        return (*self._liveness.lost(time.monotonic()), *absent)

    def unheard_since(self, since_s: float) -> tuple[str, ...]:
        """Nodes without a heartbeat since this steady time."""
        return self._liveness.unheard_since(since_s)

    def ends(self, since: datetime) -> tuple[str, ...]:
        """The ends of its processes since a time, one sentence each."""
        return self._supervised.ends(since.timestamp())
