"""Node `coverage_monitor`: what was really seen of the blind ground, and how long ago.

Listens to every drone's `camera/pose` (where the camera was and looked at each exposure) and to `plan`; publishes
`coverage_status` and, on a 2 m grid, the cells newly seen on `seen`. Keeps `seen.npz` and, of every picture, its pose
(`looks.csv`) in the run's folder.
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
        self._told_new: set[int] = set()
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
        self.create_timer(1.0, self._tell, clock=timer_clock(self))
        # In flight, its seconds would be a silence that brings the drones home.
        warm_up(DensityBand(min_px_per_m=25.0, max_px_per_m=60.0))

    def _on_plan(self, message: Any) -> None:
        """One that is none leaves what was seen so far alone."""
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

    def _tell(self) -> None:
        if self._seen is None:
            return
        seen, status = self._seen, CoverageStatus()
        status.header.stamp = self.get_clock().now().to_msg()
        status.blind_area_m2, status.seen_area_m2 = seen.blind_area_m2, seen.seen_area_m2
        status.seen_fraction = seen.seen_fraction
        status.oldest_view_age_s = seen.oldest_view_age_s(now_s(self))
        status.pictures_counted, status.pictures_refused = seen.counted, seen.refused.total()
        self._status.publish(status)
        self._tell_new_cells(seen)

    def _tell_new_cells(self, seen: SeenGround) -> None:
        grid = seen.grid
        step = max(1, round(SEEN_CELL_M / grid.cell_m))
        info = MapMetaData(resolution=step * grid.cell_m, width=-(-grid.cols // step), height=-(-grid.rows // step))
        info.origin.position.x, info.origin.position.y = float(grid.east_min_m), float(grid.north_min_m)
        row, col = np.divmod(seen.take_new_cells(), grid.cols)
        new = set(np.unique((row // step) * info.width + col // step).tolist()) - self._told_new
        if new:
            self._told_new |= new
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
            self.get_logger().error(f"what was seen is not kept in {path}: {error.strerror}")


def main() -> None:
    run(CoverageMonitor)
