"""The console's ears: hears the stack's messages and puts the messages as records into the view.

The feed is a client. The feed gives no order and beats no heartbeat, and its end ends nothing.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import rclpy
from blindspot_msgs.msg import CoverageStatus, DroneStatus, FleetStatus, Heartbeat
from rclpy.executors import ExternalShutdownException
from rclpy.experimental import EventsExecutor

from blindspot.console import View
from blindspot.core import BlindspotError, one_line
from blindspot.mission import Fleet, Plan, Route, load_plan, run_folder
from blindspot.nodes.clients.joining import join_graph
from blindspot.nodes.graph import messages, qos
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.nodes.orders.states import drone_state, fleet_state, number, share
from blindspot.site import LocalFrame
from blindspot.stack import LOOPBACK
from blindspot.stack.enclaves import CONSOLE

STACK = "stack"
"""Key of the record of the whole stack; other keys are `run/NAME`, `drone/NAME`, `node/NAME`, `seen/RUN`,
`plan/RUN`."""
MOST_POINTS = 2000
"""Points of a drawn route: a page needs no more."""


class ConsoleFeed:
    """A context manager around one ROS node.

    Parameters
    ----------
    view, lock
        The view that takes the records, and the lock that protects the view.
    fleet
        The fleet of the stack: records of other drones are refused.
    frame
        The site's frame, for places in degrees.
    nodes
        Full names of the nodes whose heartbeats count.
    stack_dir
        Folder of the stack on this computer; None for a stack of another computer, whose routes are not drawn.
    mode
        Mode of the stack, as `status` prints the mode; empty if the mode is unknown.
    """

    def __init__(
        self, view: View, lock: Lock, fleet: Fleet, frame: LocalFrame, nodes: Collection[str],
        stack_dir: Path | None, mode: str,
    ) -> None:  # fmt: skip
        self._view, self._lock, self._fleet, self._frame = view, lock, fleet, frame
        self._nodes, self._stack_dir, self._mode = frozenset(nodes), stack_dir, mode
        self._drawn: set[str] = set()

    def __enter__(self) -> ConsoleFeed:
        os.environ.update(LOOPBACK)  # read when the first node is made
        join_graph(CONSOLE)
        self._node = node = GuardedNode("console", namespace="/blindspot")
        self._executor = EventsExecutor()
        self._executor.add_node(node)
        node.create_subscription(FleetStatus, "fleet_status", self._on_fleet, qos.LATCHED)
        node.create_subscription(CoverageStatus, "coverage_status", self._on_coverage, qos.STATE)
        node.create_subscription(Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, qos.HEARTBEAT)
        for name in self._fleet.names:
            heard = partial(self._on_status, name)
            node.create_subscription(DroneStatus, f"/{name}/drone_status", heard, qos.STATE)
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.remove_node(self._node)
        self._node.destroy_node()
        self._executor.shutdown()
        rclpy.try_shutdown()

    def spin(self, for_s: float) -> None:
        """Handle what arrives during `for_s` of wall time."""
        end_s = time.monotonic() + for_s
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                self._executor.spin_once(timeout_sec=left_s)
            except ExternalShutdownException:
                return

    def _take(self, key: str, content: Mapping[str, Any]) -> None:
        with self._lock:
            self._view.take(key, content, time.monotonic())

    def _on_fleet(self, message: FleetStatus) -> None:
        state = fleet_state(message)
        missions = {f"run/{mission['run']}": mission for mission in state["missions"] if mission["run"]}
        about = ("simulated", "fleet", "stack_dir", "lost_nodes", "notices")
        name = one_line(self._fleet.file.name)
        self._take(STACK, {"name": name, "mode": self._mode, **{word: state[word] for word in about}})
        for key, mission in missions.items():
            self._take(key, mission)
            if not mission["outcome"]:
                self._draw(mission["run"])
        with self._lock:
            self._view.keep("run/", missions)
            for kind in ("seen/", "plan/"):
                self._view.keep(kind, {f"{kind}{mission['run']}" for mission in missions.values()})

    def _on_status(self, name: str, message: DroneStatus) -> None:
        message = messages.status_of(message, name)
        state = drone_state(message)
        state["heading_deg"] = number(message.heading_deg)
        state["at"] = self._degrees(state["east_m"], state["north_m"])
        self._take(f"drone/{name}", state)

    def _on_coverage(self, message: CoverageStatus) -> None:
        run = one_line(message.run, 100)
        areas = {
            name: number(getattr(message, name)) for name in ("blind_area_m2", "seen_area_m2", "oldest_view_age_s")
        }
        fraction = share(messages.share(message.seen_fraction))
        self._take(f"seen/{run}", areas | {"seen_fraction": fraction})

    def _on_heartbeat(self, message: Heartbeat) -> None:
        if message.node in self._nodes:
            self._take(f"node/{message.node}", {})

    def _draw(self, run: str) -> None:
        """Put the routes of a run into the view, once; a run without a readable plan stays undrawn."""
        if run in self._drawn or self._stack_dir is None:
            return
        self._drawn.add(run)
        try:
            plan = load_plan(run_folder(self._stack_dir, run) / "plan.json")
        except (BlindspotError, OSError):
            return
        self._take(f"plan/{run}", self._drawing(plan))

    def _drawing(self, plan: Plan) -> dict[str, Any]:
        return {
            "perimeter": [self._degrees(*corner) for corner in plan.perimeter],
            "routes": {route.drone: self._line(route) for route in plan.routes},
        }

    def _line(self, route: Route) -> list[list[float] | None]:
        home = (route.home.east_m, route.home.north_m)
        places = [home, *((step.to.east_m, step.to.north_m) for step in route.steps), home]
        each = math.ceil(len(places) / MOST_POINTS)
        return [self._degrees(*place) for place in places[::each]]

    def _degrees(self, east_m: float | None, north_m: float | None) -> list[float] | None:
        if east_m is None or north_m is None:
            return None
        lon_deg, lat_deg = self._frame.to_wgs84(east_m, north_m)
        return [round(float(lon_deg), 7), round(float(lat_deg), 7)]
