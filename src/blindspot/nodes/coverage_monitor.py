"""Node `coverage_monitor`: measures how much of the blind ground each mission has seen, and how long ago.

Subscribes `fleet_status` and every drone's `camera/pose` (position and aim of the camera at each exposure). A pose
counts for the run that the drone flies. For each run in progress it publishes `coverage_status` and, on a 2 m grid, the
newly seen cells on `seen`. It writes the pose of every picture (`looks.csv`) into the run's folder and, when the
mission is done, `seen.npz`. During the flight `seen_so_far.npz` holds the same, for a monitor that is started again.
Over all runs the node keeps when each 2 m cell was last seen, and publishes those times as `ages`.
"""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from blindspot_msgs.msg import CoverageStatus, FleetStatus, SeenCells
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import MapMetaData
from sensor_msgs.msg import CameraInfo

from blindspot.camera import Lens
from blindspot.core import BlindspotError, InputError, one_line, plain_text
from blindspot.coverage.ground import SeenGround, warm_up
from blindspot.evidence.observed import POSES_FILE, PoseWriter, picture_pose
from blindspot.mission import DensityBand, GroundMasks, load_plan, run_folder
from blindspot.nodes.cameras.camera_pose import exposure_of, stream_lens_of
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import every
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import now_s
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import declare_fleet, declare_str
from blindspot.nodes.missions.ages import AgeTopic

SEEN_CELL_M = 2.0
SEEN_FILE, SO_FAR_FILE, AGES_FILE = "seen.npz", "seen_so_far.npz", "ages.npz"
SAVE_EVERY = 30
"""Seconds of flight between two files of the ground seen so far. A file of Nantes takes 0.09 s."""
SLACK_S = 5.0
"""Age of the newest `fleet_status`, at most. It states how long a mission has been in progress."""


class SeenRun:
    """The ground seen in a run, and the files of that ground."""

    def __init__(self, folder: Path, since_s: float, until_s: float) -> None:
        """Load the run's plan and ground: 0.06 s for Nantes. A file of the ground seen in [since_s, until_s] is
        continued.

        Raises InputError for a missing or broken file.
        """
        plan = load_plan(folder / "plan.json")
        self.seen = SeenGround(GroundMasks.load(folder / "ground.npz"), plan.band)
        self.is_resumed = any(self.seen.resume(folder / n, since_s, until_s) for n in (SO_FAR_FILE, SEEN_FILE))
        self._folder = folder
        self._poses = PoseWriter(folder / POSES_FILE)
        self._published_cells: set[int] = set()
        self._seconds = 0

    def look(self, drone: str, lens: Lens | None, pose: Any) -> None:
        """Write the pose of a picture, and count the picture if its lens is known."""
        self._poses.write(picture_pose(drone, pose))
        if lens is not None:
            self.seen.look(drone, lens, pose)

    def miss(self, why: str) -> None:
        """Write that the pose of a picture is unknown."""
        self._poses.gap(why)

    def new_cells(self) -> Any:
        """The cells of the coarse grid that were seen since the last call, as a message; None if there are none."""
        grid = self.seen.grid
        step = max(1, round(SEEN_CELL_M / grid.cell_m))
        info = MapMetaData(resolution=step * grid.cell_m, width=-(-grid.cols // step), height=-(-grid.rows // step))
        info.origin.position.x, info.origin.position.y = float(grid.east_min_m), float(grid.north_min_m)
        row, col = np.divmod(self.seen.take_new_cells(), grid.cols)
        new = set(np.unique((row // step) * info.width + col // step).tolist()) - self._published_cells
        self._published_cells |= new
        return SeenCells(info=info, cells=sorted(new)) if new else None

    def second_passed(self) -> bool:
        """Save the ground seen so far if the time has come; whether the ground was saved. Raises OSError."""
        self._seconds += 1
        if self._seconds % SAVE_EVERY or not self.seen.counted:
            return False
        self.seen.save(self._folder / SO_FAR_FILE)
        return True

    def end(self) -> str:
        """Write the seen ground and close the files. Returns the reason if the poses are incomplete. Raises OSError."""
        self._poses.close()
        self.seen.save(self._folder / SEEN_FILE)
        (self._folder / SO_FAR_FILE).unlink(missing_ok=True)
        return self._poses.trouble


class CoverageMonitor(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("coverage_monitor", **options)
        fleet = declare_fleet(self)
        self._stack_dir = Path(declare_str(self, "run_dir", "runs/current", describe="Folder of the stack's runs."))
        ages = declare_str(self, "ages", "", describe="File of the places' ages over all runs; in run_dir if empty.")
        self._ages = AgeTopic(self, Path(ages) if ages else self._stack_dir / AGES_FILE)
        self.runs: dict[str, SeenRun | None] = {}
        """Runs in progress; None if the ground of a run is unknown."""
        self.run_of: dict[str, str] = {}
        self.lenses: dict[str, Lens] = {}
        # Runs are published one right after the other: a queue of one message would keep the last run alone.
        self._status = self.create_publisher(CoverageStatus, "coverage_status", qos.STATE)
        self._cells = self.create_publisher(SeenCells, "seen", qos.EVENTS)
        self.create_subscription(FleetStatus, "fleet_status", self._on_fleet, qos.LATCHED)
        for drone in fleet.names:
            self.create_subscription(
                CameraInfo, f"/{drone}/camera/camera_info", partial(self._on_camera_info, drone), qos.SENSOR
            )
            self.create_subscription(
                PoseWithCovarianceStamped, f"/{drone}/camera/pose", partial(self._on_pose, drone), qos.EVENTS
            )
        every(self, 1.0, self._publish)
        # Compiling takes seconds. In flight, that silence would bring the drones home.
        warm_up(DensityBand(min_px_per_m=25.0, max_px_per_m=60.0))

    def _on_fleet(self, message: FleetStatus) -> None:
        """Begin a record for each mission in flight, and end the records of the missions that fly no more."""
        missions = {mission.run: mission for mission in message.missions if mission.phase != "done"}
        for name in self.runs.keys() - missions.keys():
            self._end(name, self.runs.pop(name))
        for name, mission in missions.items():
            if name not in self.runs and mission.phase != "authorising":
                self.runs[name] = self._begin(name, mission.elapsed_s)
        self.run_of = {drone: name for name in self.runs for drone in missions[name].drones}

    def _begin(self, name: str, elapsed_s: float) -> SeenRun | None:
        now = now_s(self)
        try:
            folder = run_folder(self._stack_dir, name)
            begun = SeenRun(folder, now - elapsed_s - SLACK_S, now + SLACK_S)
        except BlindspotError as error:
            self.get_logger().warning(f"{_named(name)}: the seen ground is unknown: {error}")
            return None
        if not elapsed_s <= SLACK_S:
            begun.miss("the poses of the pictures before this start may be incomplete")
        share = plain_text.percent(begun.seen.seen_fraction, 1)
        known = f", {share} of it seen before this start" if begun.is_resumed else ""
        self.get_logger().info(f"{_named(name)}: {begun.seen.blind_area_m2:.0f} m² are blind{known}")
        return begun

    def _end(self, name: str, ended: SeenRun | None) -> None:
        self._publish_run(name, ended)
        if ended is None:
            return
        try:
            trouble = ended.end()
            self._ages.take(ended.seen)
        except OSError as error:
            self._not_written(name, error)
            return
        share = plain_text.percent(ended.seen.seen_fraction, 1)
        self.get_logger().info(f"{_named(name)}: {share} of the blind ground was seen")
        if trouble:
            self.get_logger().warning(f"{_named(name)}: {trouble}")

    def _on_camera_info(self, drone: str, message: CameraInfo) -> None:
        """Note the present lens. While the lens is unknown, or after a change to an unknown lens, no picture counts."""
        lens = stream_lens_of(message)
        if lens is None:
            self.lenses.pop(drone, None)
        else:
            self.lenses[drone] = lens

    def _on_pose(self, drone: str, message: PoseWithCovarianceStamped) -> None:
        flown = self.runs.get(self.run_of[drone]) if drone in self.run_of else None
        if flown is None:
            return
        try:
            flown.look(drone, self.lenses.get(drone), exposure_of(message))
        except InputError as error:
            flown.miss(f"the pose of a picture of {drone} is unknown: {error}")
            raise

    def _publish(self) -> None:
        for name, flown in self.runs.items():
            self._publish_run(name, flown)
            if flown is not None:
                try:
                    if flown.second_passed():
                        self._ages.take(flown.seen)
                except OSError as error:
                    self._not_written(name, error)
        self._ages.publish()

    def _publish_run(self, name: str, flown: SeenRun | None) -> None:
        status = CoverageStatus(
            run=name, blind_area_m2=math.nan, seen_area_m2=math.nan, seen_fraction=math.nan, oldest_view_age_s=math.nan
        )
        status.header.stamp = self.get_clock().now().to_msg()
        if flown is not None:
            seen = flown.seen
            status.blind_area_m2, status.seen_area_m2 = seen.blind_area_m2, seen.seen_area_m2
            status.seen_fraction, status.oldest_view_age_s = seen.seen_fraction, seen.oldest_view_age_s(now_s(self))
            status.pictures_counted, status.pictures_refused = seen.counted, seen.refused.total()
        self._status.publish(status)
        if flown is not None and (cells := flown.new_cells()) is not None:
            cells.run, cells.header.stamp, cells.header.frame_id = name, status.header.stamp, "map"
            self._cells.publish(cells)

    def _not_written(self, name: str, error: OSError) -> None:
        self.get_logger().error(f"{_named(name)}: the record of the seen ground can't be written: {error.strerror}")


def _named(name: str) -> str:
    """A run's name in the log."""
    return f"run {one_line(name, 40)!r}" if name else "the run"


def main() -> None:
    run(CoverageMonitor)
