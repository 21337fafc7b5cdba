"""Node `coverage_planner`: coverage and plans on request.

Offers the services `plan_coverage` and `replan`. Publishes, latched, `plan`, `fixed_coverage` (the public ground that
the fixed cameras see) and `blind_spots`. The command `blindspot plan` or `blindspot replan` does the work in its own
process, so that this node keeps answering and its memory stays small.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from blindspot_msgs.msg import Plan as PlanMessage
from blindspot_msgs.srv import PlanCoverage, Replan
from geometry_msgs.msg import Point
from nav_msgs.msg import OccupancyGrid
from rclpy.clock import Clock, ClockType
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from blindspot.core import BlindspotError, die_with_parent, without_progress
from blindspot.coverage.records import cells_of
from blindspot.mission import GroundMasks, load_ground_masks, load_plan
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import BUSY, plan_message, plan_of
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import declare_str

SITE_FRAME = "map"


class CoveragePlanner(GuardedNode):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`."""
        super().__init__("coverage_planner", **options)
        self._run_dir = Path(declare_str(self, "run_dir", "runs/current", describe="Folder for plan files and maps."))
        self._mission = declare_str(self, "mission", "", describe="Mission file, for plans made during a flight.")
        self._taken = declare_str(self, "plan", "", describe="Plan file to use; empty: the node makes a plan.")
        self._job: subprocess.Popen[str] | None = None
        self._kind: Any = PlanCoverage
        self._read: Callable[[str], Any] = self._read_plan
        self._answer: Callable[[Any], None] = lambda _: None
        self._plan = self.create_publisher(PlanMessage, "plan", qos.LATCHED)
        self._coverage = self.create_publisher(OccupancyGrid, "fixed_coverage", qos.LATCHED)
        self._blind_spots = self.create_publisher(MarkerArray, "blind_spots", qos.LATCHED)
        create_deferred_service(self, PlanCoverage, "plan_coverage", self._on_request)
        create_deferred_service(self, Replan, "replan", self._on_replan)
        self.create_timer(0.1, self._watch_job, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_request(self, request: Any, answer: Callable[[Any], None]) -> None:
        if request.mission_file.startswith("-") or "\0" in request.mission_file:  # it would be read as an option
            answer(PlanCoverage.Response(success=False, message="mission_file: is not a file name"))
            return
        arguments = ["plan", request.mission_file, "--out", str(self._run_dir)]
        arguments += ["--take", self._taken] if self._taken else []
        self._work(arguments, PlanCoverage, self._read_plan, answer)

    def _on_replan(self, request: Any, answer: Callable[[Any], None]) -> None:
        """Plan the rest of a plan. Its numbered files stay with the run, and the latched topics keep their content."""
        number = 1 + len(list(self._run_dir.glob("situation-*.json")))
        files = [self._run_dir / f"{name}-{number}.json" for name in ("flown", "situation", "rest")]
        try:
            files[0].write_text(plan_of(request.plan).to_json(), encoding="utf-8")
            files[1].write_text(request.situation, encoding="utf-8")
        except (BlindspotError, OSError) as error:
            answer(Replan.Response(success=False, message=str(error)))
            return
        arguments = ["replan", self._mission, str(files[0]), str(files[1]), "--out", str(files[2])]
        self._work(arguments, Replan, lambda text: self._read_rest(files[2], text), answer)

    def _work(self, arguments: list[str], kind: Any, read: Callable[[str], Any], answer: Callable[[Any], None]) -> None:
        """Run the command line in a new process; `read` makes the response from its files and its output."""
        if self._job is not None:
            answer(kind.Response(success=False, message=BUSY))
            return
        self._job = subprocess.Popen(
            [sys.executable, "-P", "-m", "blindspot.cli", *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent,
        )  # fmt: skip
        self._kind, self._read, self._answer = kind, read, answer
        self.get_logger().info("planning" if kind is PlanCoverage else "planning the rest of the plan")

    def _watch_job(self) -> None:
        if self._job is None or self._job.poll() is None:
            return
        job, self._job = self._job, None
        assert job.stderr is not None
        with job.stderr:
            text = without_progress(job.stderr.read()).strip().removeprefix("blindspot: ")
        if job.returncode != 0:
            reason = text or f"exit code {job.returncode}"
            self.get_logger().warning(f"no plan: {reason}")
            self._answer(self._kind.Response(success=False, message=reason))
            return
        try:
            response = self._read(text)
        except BlindspotError as error:
            response = self._kind.Response(success=False, message=str(error))
        text = f"plan {response.plan.id} is ready" if response.success else f"no plan: {response.message}"
        self.get_logger().info(text)
        self._answer(response)

    def _read_plan(self, text: str) -> Any:
        plan = plan_message(load_plan(self._run_dir / "plan.json"))
        masks = load_ground_masks(self._run_dir / "ground.npz")
        plan.header.frame_id = SITE_FRAME
        self._plan.publish(plan)
        self._coverage.publish(occupancy_grid(masks))
        self._blind_spots.publish(blind_markers(masks))
        return PlanCoverage.Response(success=True, message=text, plan=plan)

    def _read_rest(self, file: Path, text: str) -> Any:
        plan = plan_message(load_plan(file))
        plan.header.frame_id = SITE_FRAME
        return Replan.Response(success=True, message=text, plan=plan)


def occupancy_grid(masks: GroundMasks) -> OccupancyGrid:
    """Public ground as a grid: 0 is seen by a fixed camera, 100 is blind, -1 is all other ground."""
    message = OccupancyGrid()
    message.header.frame_id = SITE_FRAME
    message.info.resolution = float(masks.grid.cell_m)
    message.info.width, message.info.height = masks.grid.cols, masks.grid.rows
    message.info.origin.position.x = float(masks.grid.east_min_m)
    message.info.origin.position.y = float(masks.grid.north_min_m)
    message.data = cells_of(masks).ravel().tolist()
    return message


def blind_markers(masks: GroundMasks, cell_m: float = 2.0) -> MarkerArray:
    """The blind spots as one marker of squares, for RViz and Foxglove."""
    step = max(1, round(cell_m / masks.grid.cell_m))
    rows, cols = (n // step for n in masks.grid.shape)
    blocks = masks.blind[: rows * step, : cols * step].reshape(rows, step, cols, step).mean(axis=(1, 3)) >= 0.5
    marker = Marker(ns="blind_spots", type=Marker.CUBE_LIST, action=Marker.ADD)
    marker.header.frame_id = SITE_FRAME
    marker.pose.orientation.w = 1.0
    marker.scale.x = marker.scale.y = step * masks.grid.cell_m
    marker.scale.z = 0.1
    marker.color = ColorRGBA(r=0.91, g=0.35, b=0.14, a=0.8)
    for row, col in np.argwhere(blocks):
        marker.points.append(
            Point(
                x=float(masks.grid.east_min_m + (col + 0.5) * marker.scale.x),
                y=float(masks.grid.north_min_m + (row + 0.5) * marker.scale.y),
            )
        )
    return MarkerArray(markers=[marker])


def main() -> None:
    run(CoveragePlanner)
