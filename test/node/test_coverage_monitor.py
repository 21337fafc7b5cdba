"""From published exposures to seen ground, over an open square of blind ground."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from blindspot_msgs.msg import CoverageStatus, FleetStatus, MissionStatus, SeenCells
from geometry_msgs.msg import PoseWithCovarianceStamped
from sensor_msgs.msg import CameraInfo, PointCloud2
from test.factories import masks_over

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.evidence.observed.picture_poses import read_whole
from blindspot.nodes import coverage_monitor
from blindspot.nodes.cameras.camera_pose import camera_info_message, pose_message
from blindspot.nodes.coverage_monitor import CoverageMonitor
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import now_s
from blindspot.site.ground.grid import Grid

LENS = Lens(35.0, 1920, 1080)
DRONES = ("drone1", "drone2", "drone9")
"""The last one is not of the fleet."""


class Stack:
    """The monitor, and the drones and missions that it hears."""

    def __init__(self, graph, mission_path, run_dir, plan) -> None:
        self.graph, self.run_dir, self._plan, self._mission_path = graph, run_dir, plan, mission_path
        self.stamp_s = now_s(graph.peer)
        self.began_s = self.stamp_s
        self.missions: list[MissionStatus] = []
        self.monitor = self.start()
        self.cells: list[SeenCells] = graph.hear(SeenCells, "seen", qos.EVENTS)
        self._heard: list[CoverageStatus] = graph.hear(CoverageStatus, "coverage_status", qos.STATE)
        self._fleet = graph.peer.create_publisher(FleetStatus, "fleet_status", qos.LATCHED)
        self._poses, self._infos = {}, {}
        for name in DRONES:
            pose, info = f"/{name}/camera/pose", f"/{name}/camera/camera_info"
            self._poses[name] = graph.peer.create_publisher(PoseWithCovarianceStamped, pose, qos.EVENTS)
            self._infos[name] = graph.peer.create_publisher(CameraInfo, info, qos.SENSOR)

    def start(self):
        return self.graph.start(CoverageMonitor, run_dir=str(self.run_dir), fleet=str(self._mission_path))

    def fly(self, run: str = "", drones: tuple[str, ...] = ("drone1",)) -> None:
        """A mission that flies in a run whose plan and ground are there."""
        folder = self.run_dir / run
        folder.mkdir(exist_ok=True)
        masks_over(Grid(-30.0, -30.0, 1.0, 60, 60)).save(folder / "ground.npz")
        (folder / "plan.json").write_text(self._plan.to_json())
        self.report(run, "flying", drones)
        self.graph.spin_until(lambda: run in self.monitor.runs)

    def report(self, run: str, phase: str, drones: tuple[str, ...] = ("drone1",)) -> None:
        """Publish the missions after one of them has changed."""
        elapsed_s = now_s(self.graph.peer) - self.began_s
        mission = MissionStatus(run=run, phase=phase, drones=list(drones), elapsed_s=elapsed_s)
        self.missions = [other for other in self.missions if other.run != run] + [mission]
        self.publish()

    def publish(self) -> None:
        self._fleet.publish(FleetStatus(missions=self.missions))

    def look(self, drone: str = "drone1", *, position_std_m: float = 0.3, up_m: float = 80.0, east_m: float = 0.0):
        """One picture straight down, 0.2 s after the last one."""
        self.stamp_s += 0.2
        pose = CameraPose(
            self.stamp_s, east_m, 0.0, up_m, 0.0, -90.0, position_std_m=position_std_m, attitude_std_deg=0.3
        )
        self._infos[drone].publish(camera_info_message(LENS, 1, self.stamp_s, "camera"))
        self._poses[drone].publish(pose_message(pose))

    def seen(self, run: str = ""):
        return self.monitor.runs[run].seen

    def statuses(self, run: str = "") -> list[CoverageStatus]:
        return [status for status in self._heard if status.run == run]

    def look_until_seen(self, run: str = "", drone: str = "drone1") -> None:
        self.graph.spin_until(lambda: self.seen(run).counted >= 3, lambda: self.look(drone))


@pytest.fixture
def stack(graph, mission_path, tmp_path, plan):
    return Stack(graph, mission_path, tmp_path, plan)


@pytest.fixture
def flight(stack):
    """A mission in the stack's own folder, with drone1."""
    stack.fly()
    return stack


def seen_in(file):
    with np.load(file) as kept:
        return ~np.isnan(kept["last_seen_s"])


def test_ground_in_sight_counts_as_seen_and_its_cells_are_reported_once(graph, flight):
    graph.spin_until(lambda: flight.statuses() and flight.statuses()[-1].pictures_counted >= 3, flight.look)
    status = flight.statuses()[-1]
    footprint_m2 = (80 * 1920 / LENS.f_px) * (80 * 1080 / LENS.f_px)
    assert status.blind_area_m2 == pytest.approx(3600)
    assert 0.5 * footprint_m2 < status.seen_area_m2 < 1.1 * footprint_m2
    assert status.seen_fraction == pytest.approx(status.seen_area_m2 / status.blind_area_m2, rel=1e-4)
    graph.spin_until(lambda: flight.cells)
    reported = [cell for message in flight.cells for cell in message.cells]
    assert len(reported) == len(set(reported))
    info = flight.cells[0].info
    assert (info.resolution, info.width, info.height, info.origin.position.x) == (2.0, 30, 30, -30.0)
    assert 15 * 30 + 15 in reported, "the ground below the drone"
    assert len(reported) * 4.0 == pytest.approx(status.seen_area_m2, rel=0.35)


def test_pictures_from_an_unsure_place_are_refused(graph, flight):
    graph.spin_until(
        lambda: flight.statuses() and flight.statuses()[-1].pictures_refused >= 3,
        lambda: flight.look(position_std_m=5.0),
    )
    assert flight.statuses()[-1].seen_area_m2 == 0.0 and flight.cells == []


def test_pictures_from_too_high_see_nothing(graph, flight):
    graph.spin_until(
        lambda: flight.statuses() and flight.statuses()[-1].pictures_counted > 0, lambda: flight.look(up_m=200.0)
    )
    assert flight.statuses()[-1].seen_area_m2 == 0.0


@pytest.mark.parametrize("drone", ["drone2", "drone9"])
def test_a_drone_that_is_not_of_the_mission_does_not_count(graph, flight, drone):
    rounds = []
    graph.spin_until(lambda: len(rounds) > 20, lambda: (flight.look(drone), rounds.append(None)))
    graph.spin_until(lambda: flight.statuses())
    assert flight.statuses()[-1].pictures_counted == 0 and flight.statuses()[-1].seen_area_m2 == 0.0
    assert read_whole(flight.run_dir / "looks.csv")[0] == ()


def test_two_runs_at_once_each_count_the_pictures_of_their_drones(graph, stack, tmp_path):
    stack.fly("north", ("drone1",))
    stack.fly("south", ("drone2",))
    stack.look_until_seen("north", "drone1")
    assert stack.seen("south").counted == 0
    stack.look_until_seen("south", "drone2")
    graph.spin_until(lambda: {message.run for message in stack.cells} == {"north", "south"})
    graph.spin_until(lambda: all(stack.statuses(run) for run in ("north", "south")))
    stack.report("north", "done")
    graph.spin_until((tmp_path / "north" / "seen.npz").is_file)
    assert set(stack.monitor.runs) == {"south"} and not (tmp_path / "south" / "seen.npz").exists()
    assert {pose.drone for pose in read_whole(tmp_path / "north" / "looks.csv")[0]} == {"drone1"}
    assert {pose.drone for pose in read_whole(tmp_path / "south" / "looks.csv")[0]} == {"drone2"}


def test_of_runs_one_after_the_other_each_begins_unseen_and_nothing_is_kept(graph, stack, tmp_path):
    stack.fly("first")
    stack.look_until_seen("first")
    stack.report("first", "done")
    graph.spin_until(lambda: not stack.monitor.runs)
    assert stack.statuses("first")[-1].seen_fraction > 0.0, "the last status of a run is its end"
    stack.fly("second")
    assert stack.seen("second").counted == 0
    assert set(stack.monitor.runs) == {"second"} and stack.monitor.run_of == {"drone1": "second"}
    stack.look_until_seen("second")
    stack.missions = []
    graph.spin_until(lambda: not stack.monitor.runs, stack.publish)
    assert seen_in(tmp_path / "second" / "seen.npz").any() and stack.monitor.run_of == {}


def test_a_mission_counts_from_its_clearance_on(graph, stack, tmp_path):
    stack.report("north", "authorising")
    stack.report("other", "done")
    rounds = []
    graph.spin_until(lambda: len(rounds) > 20, lambda: (stack.look(), rounds.append(None)))
    assert stack.monitor.runs == {} and list(tmp_path.iterdir()) == []
    stack.fly("north")
    for phase in ("standing_by", "replanning", "flying"):
        stack.report("north", phase)
        stack.monitor.runs["north"].seen.counted = 0
        stack.look_until_seen("north")
    assert len(stack.monitor.runs) == 1


def test_a_run_without_its_ground_is_unknown_with_one_warning(graph, stack):
    reported: list[str] = []
    stack.monitor.get_logger = lambda: SimpleNamespace(warning=reported.append, info=lambda _: None)
    stack.report("bare", "flying")
    graph.spin_until(lambda: len(stack.statuses("bare")) >= 2, lambda: (stack.look(), stack.publish()))
    status = stack.statuses("bare")[-1]
    assert all(map(math.isnan, (status.blind_area_m2, status.seen_area_m2, status.seen_fraction)))
    stack.report("bare", "done")
    graph.spin_until(lambda: not stack.monitor.runs)
    assert len(reported) == 1 and "plan.json" in reported[0]


def test_a_run_whose_name_leads_elsewhere_is_refused(graph, stack, tmp_path, plan):
    stack.run_dir = tmp_path / "elsewhere"
    stack.run_dir.mkdir()
    stack.fly("../elsewhere")
    assert stack.monitor.runs == {"../elsewhere": None}
    assert not (stack.run_dir / "looks.csv").exists()


def test_the_seen_ground_is_written_when_the_mission_is_done(graph, flight, tmp_path):
    flight.look_until_seen()
    assert not (tmp_path / "seen.npz").exists()
    area_m2 = flight.seen().seen_area_m2
    flight.report("", "done")
    graph.spin_until((tmp_path / "seen.npz").is_file)
    seen = seen_in(tmp_path / "seen.npz")
    assert seen[30, 30] and seen.sum() == pytest.approx(area_m2)


def test_a_monitor_that_is_started_again_in_flight_loses_no_ground_that_was_saved(graph, flight, monkeypatch, tmp_path):
    monkeypatch.setattr(coverage_monitor, "SAVE_EVERY", 1)
    flight.look_until_seen()
    graph.spin_until((tmp_path / "seen_so_far.npz").is_file)
    area_m2, poses = flight.seen().seen_area_m2, len(read_whole(tmp_path / "looks.csv")[0])
    graph.end(flight.monitor)
    flight.monitor = flight.start()
    graph.spin_until(lambda: "" in flight.monitor.runs, lambda: flight.report("", "flying"))
    assert flight.seen().seen_area_m2 == area_m2 > 0.0
    flight.look_until_seen()
    flight.report("", "done")
    graph.spin_until((tmp_path / "seen.npz").is_file)
    graph.spin_until(lambda: not (tmp_path / "seen_so_far.npz").exists())
    kept, is_whole = read_whole(tmp_path / "looks.csv")
    assert len(kept) > poses and not is_whole, "nobody wrote poses in between"


@pytest.mark.parametrize(("before_s", "is_whole"), [(0.0, True), (60.0, False)])
def test_the_poses_before_a_monitor_that_is_first_started_in_flight_are_reported_as_missing(
    graph, stack, tmp_path, before_s, is_whole
):
    stack.began_s -= before_s
    stack.fly()
    stack.look_until_seen()
    poses, are_all = read_whole(tmp_path / "looks.csv")
    assert poses and are_all == is_whole


def test_ground_that_an_earlier_flight_left_in_the_folder_does_not_count(graph, stack, tmp_path):
    stack.stamp_s -= 100.0
    stack.fly()
    stack.look_until_seen()
    stack.report("", "done")
    graph.spin_until(lambda: not stack.monitor.runs)
    assert seen_in(tmp_path / "seen.npz").any()
    stack.fly()
    assert stack.seen().seen_area_m2 == 0.0


def test_a_disk_that_refuses_is_reported_and_ends_nothing(graph, flight, tmp_path):
    (tmp_path / "seen.npz").mkdir()
    flight.look_until_seen()
    reported: list[str] = []
    flight.monitor.get_logger = lambda: SimpleNamespace(error=reported.append, info=lambda _: None)
    flight.report("", "done")
    graph.spin_until(lambda: reported)
    assert reported == ["the run: the record of the seen ground can't be written: Is a directory"]
    flight.fly("next")


def test_the_pose_of_every_picture_is_kept_counted_or_not(graph, flight, tmp_path):
    flight.look_until_seen()
    graph.spin_until(lambda: flight.seen().refused["pose unsure"] >= 1, lambda: flight.look(position_std_m=5.0))
    kept, is_whole = read_whole(tmp_path / "looks.csv")
    assert is_whole and len(kept) == flight.seen().counted + flight.seen().refused.total()
    assert {(pose.drone, pose.up_m, pose.pitch_deg) for pose in kept} == {("drone1", 80.0, -90.0)}


def test_a_camera_that_publishes_no_lens_sees_nothing(graph, flight):
    reported: list[None] = []

    def look() -> None:
        flight._infos["drone1"].publish(CameraInfo(width=1920, height=1080))
        flight._poses["drone1"].publish(pose_message(CameraPose(1.0 + len(reported), 0.0, 0.0, 80.0, 0.0, -90.0)))
        reported.append(None)

    poses = flight.run_dir / "looks.csv"
    graph.spin_until(lambda: len(reported) > 10 and read_whole(poses)[0], look)
    assert flight.monitor.lenses == {} and flight.seen().counted == 0
    assert read_whole(poses)[1], "the pose is known"
    flight._poses["drone1"].publish(pose_message(CameraPose(99.0, math.nan, 0.0, 80.0, 0.0, -90.0)))
    graph.spin_until(lambda: not read_whole(poses)[1])


def test_the_age_of_each_place_survives_the_run_and_the_monitor(stack):
    points = stack.graph.hear(PointCloud2, "ages", qos.LATCHED)
    stack.fly()
    stack.look_until_seen()
    stack.report("", "done")
    stack.graph.spin_until(lambda: points, stack.publish)
    stack.graph.end(stack.monitor)
    points.clear()
    stack.monitor = stack.start()
    stack.graph.spin_until(lambda: points, stack.publish)
    ages_s = np.frombuffer(bytes(points[-1].data), np.float32).reshape(-1, 4)[:, 3]
    assert points[-1].width == 900
    assert 0.0 <= np.nanmin(ages_s) < 3600.0
    assert np.isnan(ages_s).any()


def test_a_camera_counts_with_the_lens_that_it_has_now(graph, flight):
    """Another camera was mounted while the monitor ran: half the field of view, half the ground."""
    flight.look_until_seen()
    narrow, unknown = Lens(20.0, LENS.width_px, LENS.height_px), CameraInfo()
    info = camera_info_message(narrow, 1, flight.stamp_s, "camera")
    publisher = flight._infos["drone1"]
    graph.spin_until(lambda: flight.monitor.lenses["drone1"].hfov_deg < 21.0, lambda: publisher.publish(info))
    graph.spin_until(lambda: "drone1" not in flight.monitor.lenses, lambda: publisher.publish(unknown))
