"""The restart of a manager: the manager keeps the missions in a file, and continues the missions of the process
before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blindspot_msgs.msg import MissionOrder

from blindspot.core import BlindspotError, InputError
from blindspot.flight.missions import KeptMission, KeptMissions, keep, read_kept, set_aside
from blindspot.mission import MissionRef
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.missions.one_mission import OneMission
from blindspot.nodes.missions.one_watch import OneWatch
from blindspot.nodes.missions.shared_parts import SharedParts

Process = tuple[int, int]
"""Id and start of a process."""


class Restarts:
    """Notices watched nodes that run in another process than before, by the supervisor's notes: a node that is back
    within the time-out never falls silent."""

    def __init__(self, nodes: Iterable[str], process: Callable[[str], Process | None]) -> None:
        self._process = process
        self._known: dict[str, Process | None] = dict.fromkeys(nodes)

    def go_on_from(self, known: Mapping[str, Process]) -> None:
        """Take the processes seen by an earlier manager: a node may have died with that manager."""
        self._known |= {node: process for node, process in known.items() if node in self._known}

    @property
    def known(self) -> dict[str, Process]:
        """The processes that were seen last, by node."""
        return {node: known for node, known in self._known.items() if known is not None}

    def step(self) -> tuple[str, ...]:
        """The nodes that were started again since the last call."""
        before, self._known = self._known, {node: self._process(node) or known for node, known in self._known.items()}
        return tuple(node for node, known in before.items() if known is not None and known != self._known[node])


class Memory:
    """The missions in progress as their file holds them."""

    def __init__(self, stack_dir: Path, logger: Any) -> None:
        self.kept = KeptMissions()
        """The content of the file."""
        self._stack_dir, self._logger = stack_dir, logger
        self._is_unreadable = False
        """The file of the process before can't be read, and is not set aside yet."""

    def keep(
        self, missions: Iterable[OneMission | OneWatch], give_back: Mapping[str, str], processes: Mapping[str, Process]
    ) -> None:  # fmt: skip
        """Write the missions in progress if they changed. A file that the disk refuses is tried again at each call."""
        in_progress = tuple(mission.kept() for mission in missions)
        seen = dict(processes) if in_progress else {}
        kept = KeptMissions(missions=in_progress, give_back=dict(give_back), processes=seen)
        if kept == self.kept:
            return
        try:
            self._set_aside()
            keep(self._stack_dir, kept)
        except OSError as error:
            problem = f"the missions in progress can't be kept for a restart: {error}"
            self._logger.error(problem, throttle_duration_sec=10.0)
            return
        self.kept = kept

    def restore(self, ground: SharedParts) -> dict[str, OneMission | OneWatch]:
        """The missions of the process before, by run. The missions of an unreadable file are lost: the file is set
        aside, and `blindspot status` shows the loss."""
        try:
            self.kept = read_kept(self._stack_dir)
        except BlindspotError as error:
            self._logger.error(f"no mission is continued: {error}")
            self._is_unreadable = True
            try:
                self._set_aside()
            except OSError as refused:
                self._logger.error(f"the unreadable file can't be set aside: {refused}")
            return {}
        missions: dict[str, OneMission | OneWatch] = {}
        for one in self.kept.missions:
            try:
                missions[one.order.run] = _restored(one, ground)
                self._logger.warning(f"mission {one.name} (run {one.order.run!r}) is continued")
            except BlindspotError as error:
                self._logger.error(f"mission {one.name} (run {one.order.run!r}) is not continued: {error}")
        return missions

    def _set_aside(self) -> None:
        """Set an unreadable file aside. Raises OSError: until then no other file takes its place."""
        if self._is_unreadable:
            set_aside(self._stack_dir, datetime.now(UTC))
            self._is_unreadable = False


def _restored(kept: KeptMission, ground: SharedParts) -> OneMission | OneWatch:
    """A mission of an earlier process; raises InputError if it can't be continued."""
    strangers = [drone for drone in kept.drones if drone not in ground.fleet.names]
    if strangers:
        raise InputError("missions.json", "drones", f"{', '.join(strangers)} is not in the fleet")
    plan, *others = kept.read_plans()
    order = MissionOrder(**kept.order.model_dump(mode="json"))
    if kept.watch is not None:
        return OneWatch(ground, order, MissionRef(order.file, order.sha256).read(ground.fleet), (plan, *others), kept)
    return OneMission(ground, order, kept.name, plan, plan_message(plan), kept.drones, kept)
