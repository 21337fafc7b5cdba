"""Node `logbook`: writes the record of every run, whoever watches it.

The node follows the journal of the stack: an order of a mission opens the record of the mission's run, and the end of
the mission closes the record once every drone is accounted for. No message opens a record. Each message of the stack
about the run is written on arrival (`events.jsonl`, and `track.csv` where no simulator writes the track); a lease
counts only with the signature of the stack's own key. A child process then writes `summary.json` and `report.html`, and
`run_concluded` says so.

A restarted logbook goes on with each open record, and writes there the time in which nothing was heard. If the
mission manager is lost, the logbook waits for the drones (`runs/homecoming.py`), and brings home the drones that
nobody flies.
"""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from blindspot_msgs.msg import Clearance, CoverageStatus, DroneStatus, FleetStatus, Heartbeat, RunConcluded
from rcl_interfaces.msg import Log
from rclpy.clock import Clock, ClockType
from vision_msgs.msg import Detection2DArray

from blindspot.core import BlindspotError, one_line
from blindspot.evidence import Entry, sorties_after
from blindspot.evidence.acts import ENDED
from blindspot.evidence.logbook import (
    BEGUN,
    Conclusion,
    EarlierRecord,
    JournalTail,
    OpenRecord,
    OrderedRun,
    cleared_plans,
    is_concluded,
    left_open,
    ordered_plan,
)
from blindspot.evidence.observed import RunEvent
from blindspot.flight.missions import read_kept
from blindspot.flight.vehicle import MavrosVehicle, Vehicle
from blindspot.mission import MissionRef, Plan, run_folder
from blindspot.nodes.autopilot.mavros_interface import CALLED_TO_RETURN
from blindspot.nodes.autopilot.mavros_link import RosMavrosLink
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import every
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import now_s, seconds, status_of
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC, run
from blindspot.nodes.graph.parameters import (
    declare_bool,
    declare_fleet,
    declare_journal,
    declare_names,
    declare_str,
    given_file,
)
from blindspot.nodes.runs.conclusions import Conclusions
from blindspot.nodes.runs.homecoming import Homecoming
from blindspot.nodes.runs.lease_record import LeaseRecord
from blindspot.nodes.runs.one_run import OneRun
from blindspot.nodes.runs.watched_stack import WatchedStack

PLAN = "plan.json"
LOOK_S, CLOCK_S = 0.1, 0.2
"""Wall time between two looks at the journal, and time of the run between two looks at the clock."""
LOG_INFO = 20
"""Lowest level of a kept log line; lines below that level are for debugging."""
LINES_BEFORE, BEFORE_S = 500, 600.0
"""Most log lines before a run that belong to the run's record, and the lines' greatest age: the start of the nodes, the
plan."""
ENDS_WITHIN_S = 120.0
"""Wall time for the conclusions in progress when the node is asked to end."""


class Logbook(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("logbook", **options)
        self._fleet = declare_fleet(self)
        self._stack_dir = Path(declare_str(self, "run_dir", ".", describe="Folder of the stack; the runs lie in it."))
        self._simulated = declare_bool(self, "simulated", False, describe="True if every autopilot is a simulation.")
        key = declare_str(self, "lease_key", "", describe="File of the public half of the key that signs the leases.")
        self._lease_key = given_file("logbook", "lease_key", key)
        self._writes_track = declare_bool(
            self, "writes_track", True, describe="False if a simulator writes the true tracks of the drones."
        )
        watched = declare_names(self, "watched_nodes", describe="Full names of the nodes that must be alive.")
        self._journal = declare_journal(self, self._stack_dir)
        self._tail, self._is_first_look = JournalTail(self._journal, (BEGUN, ENDED)), True
        self._real_time = not self.get_parameter("use_sim_time").value
        self._stack = WatchedStack(watched, self._stack_dir)
        self._began_at_s, self._goes_on = time.time(), False
        self.runs: dict[str, OneRun] = {}
        """The runs whose records are open."""
        self._orders: dict[str, OrderedRun] = {}
        self._before: deque[tuple[float, RunEvent]] = deque(maxlen=LINES_BEFORE)
        """Log lines that were heard while no record was open, with their steady times."""
        self._concluded = self.create_publisher(RunConcluded, "run_concluded", qos.STATE)
        self._conclusions = Conclusions(self._on_concluded)
        self.create_subscription(FleetStatus, "fleet_status", self._on_fleet, qos.LATCHED)
        self.create_subscription(CoverageStatus, "coverage_status", self._on_coverage, qos.STATE)
        self.create_subscription(Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, qos.HEARTBEAT)
        self.create_subscription(Log, "/rosout", self._on_log, qos.LOG)
        for drone in self._fleet.names:
            for kind, topic, heard, profile in (
                (DroneStatus, "drone_status", self._on_drone, qos.STATE),
                (Clearance, "clearance", self._on_clearance, qos.LEASE_RECORD),
                (Detection2DArray, "detections", self._on_detections, qos.EVENTS),
            ):
                self.create_subscription(kind, f"/{drone}/{topic}", partial(heard, drone), profile)
        self.create_timer(LOOK_S, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))
        every(self, CLOCK_S, self._time_passes)

    # Messages

    def _on_fleet(self, message: FleetStatus) -> None:
        missions = {mission.run: mission for mission in message.missions}
        for name, one in self.runs.items():
            if name in missions:
                one.mission_is(missions[name])
            else:
                one.mission_is_unknown()

    def _on_coverage(self, message: CoverageStatus) -> None:
        if message.run in self.runs:
            self.runs[message.run].coverage_is(message)

    def _on_heartbeat(self, message: Heartbeat) -> None:
        self._stack.heard(message.node)

    def _on_drone(self, drone: str, message: DroneStatus) -> None:
        status = status_of(message, drone)
        for one in self._of(drone):
            one.drone_is(status)

    def _on_clearance(self, drone: str, message: Clearance) -> None:
        for one in self._of(drone):
            one.lease_is(drone, message)

    def _on_detections(self, drone: str, message: Detection2DArray) -> None:
        for one in self._of(drone):
            one.record.saw(len(message.detections))

    def _on_log(self, message: Log) -> None:
        is_repeated = self._goes_on and seconds(message.stamp) < self._began_at_s  # an earlier process heard it
        if message.level < LOG_INFO or is_repeated:
            return
        kind = "warning" if message.level > LOG_INFO else "log"
        event = RunEvent(now_s(self), message.name, kind, message.msg)
        for one in self.runs.values():
            one.says(event)
        if not self.runs:
            self._before.append((time.monotonic(), event))

    def _of(self, drone: str) -> list[OneRun]:
        return [one for one in self.runs.values() if drone in one.drones]

    def _time_passes(self) -> None:
        for one in self.runs.values():
            one.time_passes()

    # Runs

    def _look(self) -> None:
        """Take the news of the journal, and look after the open records."""
        try:
            entries = self._tail.new()
        except OSError as error:
            self.warn_of("journal", f"{self._journal} can't be read: {error.strerror}")
            entries = []
        if self._is_first_look:
            entries, self._is_first_look = left_open(entries, self._is_open), False
        for entry in entries:
            name = str(entry.facts.get("run", ""))
            if entry.act == BEGUN and name not in self.runs:
                self._begin_or_say(entry)
            elif entry.act == ENDED and name in self.runs:
                self.runs[name].ended(str(entry.facts.get("outcome", "")), str(entry.facts.get("reason", "")))
        for name, one in list(self.runs.items()):
            if one.step():
                self._conclude(name, one)
        self._conclusions.step()

    def _is_open(self, name: str) -> bool:
        """Whether an earlier process left the record of a run open: the run's folder is here without a report, or the
        run's drones fly."""
        try:
            folder = run_folder(self._stack_dir, name)
            flown = any(mission.order.run == name for mission in read_kept(self._stack_dir).missions)
        except BlindspotError:  # no name of a run, or a file that the manager reports
            return False
        return flown or ((folder / PLAN).is_file() and not is_concluded(folder))

    def _begin_or_say(self, entry: Entry) -> None:
        try:
            order = OrderedRun.of(entry)
            if (run_folder(self._stack_dir, order.run) / PLAN).is_file():  # else it is a run of another stack
                self._begin(order)
        except (BlindspotError, OSError) as error:
            name = one_line(entry.facts.get("run"), 40)
            self.get_logger().error(f"run {name!r} is not recorded: {error}")

    def _begin(self, order: OrderedRun) -> None:
        """Open the record of a run, or go on with it. Raises BlindspotError for a run without its mission or plan."""
        folder = run_folder(self._stack_dir, order.run)
        mission, plan = MissionRef(order.mission, order.sha256).read(self._fleet), ordered_plan(folder, order.plan)
        before = EarlierRecord.in_folder(folder)
        flown_s = 0.0 if before is None else max(0.0, (datetime.now(UTC) - order.at).total_seconds())
        record = OpenRecord(
            folder, order, now_s(self), time.monotonic() - flown_s, writes_track=self._writes_track,
            real_time=self._real_time, before=before,
        )  # fmt: skip
        leases, drones = LeaseRecord(self._lease_key), [drone.name for drone in mission.file.fleet]
        parts = (plan, *sorties_after(plan, folder))
        cleared: frozenset[str] = frozenset()
        if before is not None:
            self._goes_on = True
            leases.join(before.last_s)
            cleared = cleared_plans(self._journal, order.run, folder)
            for part in parts:
                if part.sha256 in cleared:
                    record.flies(part.id)
        homecoming = Homecoming(drones, partial(self._vehicle, plan), order.run)
        posts = {route.drone: part for part in parts if part.watch is not None for route in part.routes}
        homecoming.flies(plan, posts)
        one = OneRun(record, drones, self._stack, homecoming, leases, lambda: now_s(self), cleared, posts)
        self.runs[order.run] = one
        while self._before:
            heard_s, event = self._before.popleft()
            if time.monotonic() - heard_s < BEFORE_S:
                one.says(event)

    def _conclude(self, name: str, one: OneRun) -> None:
        """Close the record of a run, and let a child process judge it."""
        del self.runs[name]
        order, folder = one.record.order, one.record.folder.absolute()
        record = Conclusion(
            str(folder), str(self._fleet.path), order.mission, order.sha256, order.plan, self._simulated, one.facts()
        )
        self._conclusions.take(name, record)

    def _on_concluded(self, name: str, outcome: str, file: Path) -> None:
        message = RunConcluded(run=name, outcome=outcome, file=str(file))
        message.header.stamp = self.get_clock().now().to_msg()
        self._concluded.publish(message)
        end = f"is concluded: {file}" if file.suffix == ".html" else f"has no report, the reason is in {file}"
        self.get_logger().info(f"run {one_line(name, 40)!r} {end}")

    def _vehicle(self, plan: Plan, drone: str) -> Vehicle:
        link = RosMavrosLink(self, namespace=f"/{drone}", services=CALLED_TO_RETURN)
        return MavrosVehicle(link, plan.origin, time.monotonic)

    def destroy_node(self) -> None:
        """Also conclude what is open: the stack ends, and each drone that is not known to be down is unaccounted."""
        until_s = time.monotonic() + ENDS_WITHIN_S
        for name, one in list(self.runs.items()):
            one.give_up("the stack has ended")
            self._conclude(name, one)
        while self._conclusions.runs and time.monotonic() < until_s:
            self._conclusions.step()
            time.sleep(0.05)
        super().destroy_node()


def main() -> None:
    run(Logbook)
