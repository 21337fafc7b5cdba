"""The plans of the turns of a watch: the ordered posts, and shorter ones near the latest landing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from blindspot.core import write_whole
from blindspot.mission import Mission, Plan
from blindspot.operations.watches import shorter_post


class TurnPlans:
    """`posts` are the ordered plans by drone, `folder` is that of the watch's run."""

    def __init__(self, posts: Mapping[str, Plan], mission: Mission, folder: Path) -> None:
        self._posts, self._mission, self._folder = posts, mission, folder

    def next(self, drone: str, within_s: float) -> Plan:
        """The plan of a drone's next turn, for a flight of at most `within_s`. A shorter post than the ordered one is
        kept in the run's folder, so that the record holds each flown plan. If the disk refuses the file, the plan is
        the ordered post, which the gate refuses as too long."""
        turn = shorter_post(self._posts[drone], self._mission.model_of(drone), within_s)
        if turn.ordered is not None:
            try:
                write_whole(self._folder / f"turn-{turn.sha256[:16]}.json", turn.to_json())
            except OSError:
                return self._posts[drone]
        return turn

    def free(self, drones: Iterable[str], owed: Mapping[str, str], requester: str) -> tuple[str, ...]:
        """Those of the drones that are known to have no lease, by the `owed` clearances (hash of the plan, requester).
        A shorter post may be that of any drone, also for a manager that was started again."""
        own = {sha256 for sha256, asked_by in owed.items() if asked_by == requester}
        ordered = {drone: post.sha256 for drone, post in self._posts.items()}
        return tuple(drone for drone in drones if ordered[drone] not in own and own <= set(ordered.values()))
