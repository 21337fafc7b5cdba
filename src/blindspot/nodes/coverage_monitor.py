"""Node `coverage_monitor`: measures how much of the blind ground the drones have seen, and how long ago.

Subscribes every drone's `camera/pose` (position and aim of the camera at each exposure) and `plan`. Publishes
`coverage_status` and, on a 2 m grid, the newly seen cells on `seen`. Writes `seen.npz` and the pose of every picture
(`looks.csv`) into the run's folder.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from blindspot_msgs.msg import CoverageStatus, MissionStatus, Plan as PlanMessage, SeenCells
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import MapMetaData
from sensor_msgs.msg import CameraInfo

from blindspot.camera import Lens
from blindspot.coverage.ground import SeenGround, warm_up
from blindspot.evidence.observed import LOOKS_FILE, LookWriter, look_of
from blindspot.mission import DensityBand, load_ground_masks
from blindspot.nodes.cameras.camera_pose import exposure_of, stream_lens_of
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import timer_clock
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import now_s, plan_of
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import declare_names, declare_str

SEEN_CELL_M = 2.0


class CoverageMonitor(GuardedNode):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`."""
        super().__init__("coverage_monitor", **options)
        self._run_dir = Path(declare_str(self, "run_dir", "runs/current", describe="Folder with ground.npz."))
        drones = declare_names(self, "drones", describe="Names of the drones whose cameras count.")
        self._seen: SeenGround | None = None
        self._looks: LookWriter | None = None
        self._lenses: dict[str, Lens] = {}
        self._published_cells: set[int] = set()
        self._saved_phase = ""
        self._status = self.create_publisher(CoverageStatus, "coverage_status", qos.LATCHED)
        self._cells = self.create_publisher(SeenCells, "seen", qos.EVENTS)
        self.create_subscription(PlanMessage, "plan", self._on_plan, qos.LATCHED)
        self.create_subscription(MissionStatus, "mission_status", self._on_mission, qos.LATCHED)
        for drone in drones:
            self.create_subscription(
                CameraInfo, f"/{drone}/camera/camera_info", partial(self._on_camera_info, drone), qos.SENSOR
            )
            self.create_subscription(
                PoseWithCovarianceStamped, f"/{drone}/camera/pose", partial(self._on_pose, drone), qos.EVENTS
            )
        self.create_timer(1.0, self._publish_status, clock=timer_clock(self))
        # Compiling takes seconds. In flight, that silence would bring the drones home.
        warm_up(DensityBand(min_px_per_m=25.0, max_px_per_m=60.0))

    def _on_plan(self, message: Any) -> None:
        """Start a new record for a valid plan; an invalid message keeps the present record."""
        plan = plan_of(message)
        self._seen = SeenGround(load_ground_masks(self._run_dir / "ground.npz"), plan.band)
        self._looks = self._looks or LookWriter(self._run_dir / LOOKS_FILE)
        self.get_logger().info(f"plan {plan.id}: {self._seen.blind_area_m2:.0f} m² are blind")

    def _on_camera_info(self, drone: str, message: CameraInfo) -> None:
        lens = stream_lens_of(message)
        if lens is not None:
            self._lenses.setdefault(drone, lens)

    def _on_pose(self, drone: str, message: PoseWithCovarianceStamped) -> None:
        lens = self._lenses.get(drone)
        if self._seen is not None and self._looks is not None and lens is not None:
            pose = exposure_of(message)
            self._looks.write(look_of(drone, pose))
            self._seen.look(drone, lens, pose)

    def _on_mission(self, message: MissionStatus) -> None:
        if message.phase == "done" and self._saved_phase != "done":
            self._save()
        self._saved_phase = message.phase

    def _publish_status(self) -> None:
        if self._seen is None:
            return
        seen, status = self._seen, CoverageStatus()
        status.header.stamp = self.get_clock().now().to_msg()
        status.blind_area_m2, status.seen_area_m2 = seen.blind_area_m2, seen.seen_area_m2
        status.seen_fraction = seen.seen_fraction
        status.oldest_view_age_s = seen.oldest_view_age_s(now_s(self))
        status.pictures_counted, status.pictures_refused = seen.counted, seen.refused.total()
        self._status.publish(status)
        self._publish_new_cells(seen)

    def _publish_new_cells(self, seen: SeenGround) -> None:
        grid = seen.grid
        step = max(1, round(SEEN_CELL_M / grid.cell_m))
        info = MapMetaData(resolution=step * grid.cell_m, width=-(-grid.cols // step), height=-(-grid.rows // step))
        info.origin.position.x, info.origin.position.y = float(grid.east_min_m), float(grid.north_min_m)
        row, col = np.divmod(seen.take_new_cells(), grid.cols)
        new = set(np.unique((row // step) * info.width + col // step).tolist()) - self._published_cells
        if new:
            self._published_cells |= new
            message = SeenCells(info=info, cells=sorted(new))
            message.header.stamp = self.get_clock().now().to_msg()
            message.header.frame_id = "map"
            self._cells.publish(message)

    def _save(self) -> None:
        if self._seen is None:
            return
        path = self._run_dir / "seen.npz"
        try:
            self._seen.save(path)
            self.get_logger().info(f"{100 * self._seen.seen_fraction:.1f} % of the blind ground was seen")
        except OSError as error:
            self.get_logger().error(f"the record of the seen ground can't be written to {path}: {error.strerror}")


def main() -> None:
    run(CoverageMonitor)
