"""Node `coverage_planner`: coverage and plans on request, for every mission of the fleet.

Offers the services `plan_coverage` and `replan`, whose files lie in the folder of the run. Publishes, latched, the
latest `plan`, the plan's `fixed_coverage` (the public ground seen by the fixed cameras) and `blind_spots`. The
command `blindspot plan` or `blindspot replan` does the work in a separate process, so that this node keeps answering
and the node's memory stays small. Requests wait for each other. A rest of a plan never waits for a new plan: drones
hover meanwhile.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import inf
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

from blindspot.core import BlindspotError, InputError, processes, without_progress
from blindspot.coverage.records import cells_of
from blindspot.mission import GroundMasks, Mission, MissionRef, load_mission, load_plan, run_folder
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import BUSY, plan_message, plan_of
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import declare_fleet, declare_str
from blindspot.planning.atlas import take_view

SITE_FRAME = "map"
MARKER_M = 2.0
"""Side of a square that marks blind ground."""
REST_WITHIN_S = 60.0
"""Wall time for the rest of a plan; the mission manager waits no longer."""
MOST_WAITING = 8
"""Requests of a service that wait for the request in progress. The next request gets an answer that begins with
BUSY."""


@dataclass(frozen=True, slots=True)
class Job:
    """A command line of `blindspot` that answers a request."""

    arguments: list[str]
    read: Callable[[str], Any]
    """Makes the response from the command's files and its output. Raises BlindspotError."""
    refuse: Callable[[str], Any]
    """Makes the response for a reason."""
    answer: Callable[[Any], None]
    within_s: float = inf
    """Wall time from the job's start after which nobody waits for the job any more: the job is then killed."""


class Jobs:
    """Works through the jobs of one service, one by one, each job in a separate process.

    A job whose client is gone is worked through as well: its files then lie in the folder of the run.
    """

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self._waiting: deque[Job] = deque()
        self.job: tuple[Job, processes.Child] | None = None

    def add(self, job: Job) -> None:
        """Take a job, or answer BUSY with the job in progress if too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            job.answer(job.refuse(f"{BUSY}: {self._in_progress()}"))
            return
        self._waiting.append(job)
        self.step()
        if job in self._waiting:
            self._logger.info(f"blindspot {' '.join(job.arguments)} waits for {self._in_progress()}")

    def _in_progress(self) -> str:
        """The job in progress with the job's process: a person may continue or end a process that stands still."""
        if self.job is None:
            return ""
        return f"blindspot {' '.join(self.job[0].arguments)}, process {self.job[1].process.pid}"

    def step(self) -> None:
        """Answer a job that has ended, and start the next job."""
        if self.job is not None and self.job[1].has_ended():
            (job, child), self.job = self.job, None
            self._end(job, child)
        if self.job is None and self._waiting:
            self._start(self._waiting.popleft())

    def _start(self, job: Job) -> None:
        self._logger.info(f"blindspot {' '.join(job.arguments)}")
        try:
            child = processes.Child([sys.executable, "-P", "-m", "blindspot.cli", *job.arguments], job.within_s)
        except OSError as error:
            job.answer(job.refuse(f"the planner can't be started ({error.strerror})"))
        else:
            self.job = job, child

    def _end(self, job: Job, child: processes.Child) -> None:
        if child.is_late:
            self._logger.warning(f"blindspot {job.arguments[0]} was killed: nobody waits for it any more")
        text = without_progress(child.close()[1]).strip().removeprefix("blindspot: ")
        if (code := child.process.returncode) != 0:
            response = job.refuse(text or f"exit code {code}")
        else:
            try:
                response = job.read(text)
            except BlindspotError as error:
                response = job.refuse(str(error))
        if response.success:
            self._logger.info(f"plan {response.plan.id} is ready")
        else:
            self._logger.warning(f"no plan: {response.message}")
        job.answer(response)


class CoveragePlanner(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("coverage_planner", **options)
        self._fleet = declare_fleet(self)
        self._stack_dir = Path(declare_str(self, "run_dir", "runs/current", describe="Folder of the stack's runs."))
        self.plans, self.rests = Jobs(self.get_logger()), Jobs(self.get_logger())
        self._plan = self.create_publisher(PlanMessage, "plan", qos.LATCHED)
        self._coverage = self.create_publisher(OccupancyGrid, "fixed_coverage", qos.LATCHED)
        self._blind_spots = self.create_publisher(MarkerArray, "blind_spots", qos.LATCHED)
        create_deferred_service(self, PlanCoverage, "plan_coverage", self._on_request)
        create_deferred_service(self, Replan, "replan", self._on_replan)
        self.create_timer(0.1, self._step_jobs, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _step_jobs(self) -> None:
        self.plans.step()
        self.rests.step()

    def _on_request(self, request: Any, answer: Callable[[Any], None]) -> None:
        def refuse(reason: str) -> Any:
            return PlanCoverage.Response(success=False, message=reason)

        try:
            file, folder = self._fleet.mission_path(request.mission_file), run_folder(self._stack_dir, request.run)
            mission = load_mission(file)
            if problem := self._fleet.why_not(mission):
                raise InputError(file, "fleet", problem, "name the drones of the fleet as its file does")
            taken = self._plan_file(request.plan_file) if request.plan_file else None
        except BlindspotError as error:
            answer(refuse(str(error)))
            return
        arguments = ["plan", str(file), "--out", str(folder), *([] if taken is None else ["--take", str(taken)])]
        job = Job(arguments, lambda text: self._read_plan(folder, text), refuse, answer)
        self.plans.add(job if taken is None else self._papers_of_view(job, taken, mission, folder))

    def _papers_of_view(self, job: Job, plan_file: Path, mission: Mission, folder: Path) -> Job:
        """The job itself, or if the plan is a view of the mission's atlas: answer the request at once, and let the job
        make the papers alone. The checker has passed the view when the atlas was made, and the gate checks each plan
        before a flight."""
        if mission.file.kind != "dispatch":
            return job
        try:
            made = take_view(plan_file, mission, folder)
            answered = self._read_plan(folder, f"{made.id} is a view of the atlas")
        except (BlindspotError, OSError) as error:
            self.get_logger().info(f"{plan_file.name} is checked again, as any other plan: {error}")
            return job
        job.answer(answered)
        return replace(job, read=lambda _: answered, answer=lambda _: None)

    def _on_replan(self, request: Any, answer: Callable[[Any], None]) -> None:
        """Plan the rest of a plan. Its numbered files stay with the run, and the latched topics keep their content."""

        def refuse(reason: str) -> Any:
            return Replan.Response(success=False, message=reason)

        try:
            order = request.mission
            mission = MissionRef(order.file, order.sha256).read(self._fleet)
            folder, flown = run_folder(self._stack_dir, order.run), plan_of(request.plan).to_json()
            folder.mkdir(parents=True, exist_ok=True)
            number = 1 + len(list(folder.glob("situation-*.json")))
            files = [folder / f"{name}-{number}.json" for name in ("flown", "situation", "rest")]
            files[0].write_text(flown, encoding="utf-8")
            files[1].write_text(request.situation, encoding="utf-8")
        except (BlindspotError, OSError) as error:
            answer(refuse(str(error)))
            return
        arguments = ["replan", str(mission.path), str(files[0]), str(files[1]), "--out", str(files[2])]
        read = partial(_read_rest, files[2])
        self.rests.add(Job(arguments, read, refuse, answer, REST_WITHIN_S))

    def _plan_file(self, file: str) -> Path:
        """The path of a plan file in a request, absolute or as seen from the fleet file; raises InputError."""
        folder = self._fleet.path.parent
        path = Path(os.path.normpath(folder / file))
        if not path.is_file():
            raise InputError("plan_coverage", "plan_file", f"{file} is no file here", f"name it as seen from {folder}")
        return path

    def _read_plan(self, folder: Path, text: str) -> Any:
        plan = plan_message(load_plan(folder / "plan.json"))
        masks = GroundMasks.load(folder / "ground.npz")
        plan.header.frame_id = SITE_FRAME
        self._plan.publish(plan)
        self._coverage.publish(occupancy_grid(masks))
        self._blind_spots.publish(blind_markers(masks))
        return PlanCoverage.Response(success=True, message=text, plan=plan)


def _read_rest(file: Path, text: str) -> Any:
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


def blind_markers(masks: GroundMasks) -> MarkerArray:
    """The blind spots as one marker of squares, for RViz and Foxglove."""
    step = max(1, round(MARKER_M / masks.grid.cell_m))
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
