"""From published exposures to seen ground, over an open square of blind ground."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from blindspot_msgs.msg import CoverageStatus, MissionStatus, Plan as PlanMessage, SeenCells
from geometry_msgs.msg import PoseWithCovarianceStamped
from sensor_msgs.msg import CameraInfo

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.evidence.observed.looks import read_looks
from blindspot.mission.ground_masks import GroundMasks, save_ground_masks
from blindspot.nodes.cameras.camera_pose import camera_info_message, pose_message
from blindspot.nodes.coverage_monitor import CoverageMonitor
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message
from blindspot.site.ground.grid import Grid, HeightField

LENS = Lens(35.0, 1920, 1080)


class Flight:
    """The monitor, and the drone whose camera it hears."""

    def __init__(self, graph, run_dir, plan) -> None:
        self.graph, self.stamp_s = graph, 0.0
        self.monitor = graph.start(CoverageMonitor, run_dir=str(run_dir), drones=["drone1"])
        self.statuses: list[CoverageStatus] = graph.hear(CoverageStatus, "coverage_status", qos.LATCHED)
        self.cells: list[SeenCells] = graph.hear(SeenCells, "seen", qos.EVENTS)
        self._plan = graph.peer.create_publisher(PlanMessage, "plan", qos.LATCHED)
        self._poses = {
            name: graph.peer.create_publisher(PoseWithCovarianceStamped, f"/{name}/camera/pose", qos.EVENTS)
            for name in ("drone1", "drone2")
        }
        self._info = graph.peer.create_publisher(CameraInfo, "/drone1/camera/camera_info", qos.SENSOR)
        self.mission = graph.peer.create_publisher(MissionStatus, "mission_status", qos.LATCHED)
        self._plan.publish(plan_message(plan))
        graph.spin_until(lambda: self.monitor._seen is not None)

    def look(self, drone: str = "drone1", *, position_std_m: float = 0.3, up_m: float = 80.0) -> None:
        """One picture straight down, 0.2 s after the last one."""
        self.stamp_s += 0.2
        pose = CameraPose(self.stamp_s, 0.0, 0.0, up_m, 0.0, -90.0, position_std_m=position_std_m, attitude_std_deg=0.3)
        self._info.publish(camera_info_message(LENS, 1, self.stamp_s, "camera"))
        self._poses[drone].publish(pose_message(pose))


@pytest.fixture
def flight(graph, tmp_path, plan):
    grid = Grid(-30.0, -30.0, 1.0, 60, 60)
    flat = np.zeros(grid.shape, np.float32)
    everywhere = np.ones(grid.shape, np.bool_)
    masks = GroundMasks(HeightField(grid, flat, flat), everywhere, ~everywhere, everywhere)
    save_ground_masks(tmp_path / "ground.npz", masks)
    return Flight(graph, tmp_path, plan)


def test_ground_in_sight_counts_as_seen_and_its_cells_are_reported_once(graph, flight):
    graph.spin_until(lambda: flight.statuses and flight.statuses[-1].pictures_counted >= 3, flight.look)
    status = flight.statuses[-1]
    footprint_m2 = (80 * 1920 / LENS.f_px) * (80 * 1080 / LENS.f_px)
    assert status.blind_area_m2 == pytest.approx(3600)
    assert 0.5 * footprint_m2 < status.seen_area_m2 < 1.1 * footprint_m2
    assert status.seen_fraction == pytest.approx(status.seen_area_m2 / status.blind_area_m2, rel=1e-4)
    graph.spin_until(lambda: flight.cells)
    told = [cell for message in flight.cells for cell in message.cells]
    assert len(told) == len(set(told))
    info = flight.cells[0].info
    assert (info.resolution, info.width, info.height, info.origin.position.x) == (2.0, 30, 30, -30.0)
    assert 15 * 30 + 15 in told, "the ground below the drone"
    assert len(told) * 4.0 == pytest.approx(status.seen_area_m2, rel=0.35)


def test_pictures_from_an_unsure_place_are_refused(graph, flight):
    graph.spin_until(
        lambda: flight.statuses and flight.statuses[-1].pictures_refused >= 3, lambda: flight.look(position_std_m=5.0)
    )
    assert flight.statuses[-1].seen_area_m2 == 0.0 and flight.cells == []


def test_pictures_from_too_high_see_nothing(graph, flight):
    told = []
    graph.spin_until(lambda: len(told) > 10, lambda: (flight.look(up_m=200.0), told.append(None)))
    graph.spin_until(
        lambda: flight.statuses and flight.statuses[-1].pictures_counted > 0, lambda: flight.look(up_m=200.0)
    )
    assert flight.statuses[-1].seen_area_m2 == 0.0


def test_a_drone_that_is_not_of_the_fleet_does_not_count(graph, flight):
    rounds = []
    graph.spin_until(lambda: len(rounds) > 20, lambda: (flight.look("drone2"), rounds.append(None)))
    graph.spin_until(lambda: flight.statuses)
    assert flight.statuses[-1].pictures_counted == 0 and flight.statuses[-1].seen_area_m2 == 0.0


def test_the_seen_ground_is_written_when_the_mission_is_done(graph, flight, tmp_path):
    graph.spin_until(lambda: flight.monitor._seen.counted >= 3, flight.look)
    assert not (tmp_path / "seen.npz").exists()
    flight.mission.publish(MissionStatus(phase="done"))
    graph.spin_until((tmp_path / "seen.npz").is_file)
    with np.load(tmp_path / "seen.npz") as kept:
        seen = ~np.isnan(kept["last_seen_s"])
    assert seen[30, 30] and seen.sum() == pytest.approx(flight.monitor._seen.seen_area_m2)


def test_a_disk_that_refuses_is_reported_and_ends_nothing(graph, flight, tmp_path):
    (tmp_path / "seen.npz").mkdir()
    graph.spin_until(lambda: flight.monitor._seen.counted >= 3, flight.look)
    told: list[str] = []
    flight.monitor.get_logger = lambda: SimpleNamespace(error=told.append, info=lambda _: None)
    flight.mission.publish(MissionStatus(phase="done"))
    graph.spin_until(lambda: told)
    assert told == [f"the record of the seen ground can't be written to {tmp_path / 'seen.npz'}: Is a directory"]


def test_the_pose_of_every_picture_is_kept_counted_or_not(graph, flight, tmp_path):
    graph.spin_until(lambda: flight.monitor._seen.counted >= 3, flight.look)
    graph.spin_until(lambda: flight.monitor._seen.refused["pose unsure"] >= 1, lambda: flight.look(position_std_m=5.0))
    kept = read_looks(tmp_path / "looks.csv")
    assert len(kept) == flight.monitor._seen.counted + flight.monitor._seen.refused.total()
    assert {(look.drone, look.up_m, look.pitch_deg) for look in kept} == {("drone1", 80.0, -90.0)}


def test_a_camera_that_publishes_no_lens_sees_nothing(graph, flight):
    told: list[None] = []

    def look() -> None:
        flight._info.publish(CameraInfo(width=1920, height=1080))
        flight._poses["drone1"].publish(pose_message(CameraPose(1.0 + len(told), 0.0, 0.0, 80.0, 0.0, -90.0)))
        told.append(None)

    graph.spin_until(lambda: len(told) > 10, look)
    assert flight.monitor._lenses == {}
