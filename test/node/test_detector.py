"""The detector in a real graph: the parts of a picture that leave the drone, and none if masking is uncertain."""

from __future__ import annotations

import json
import math
import threading
import time
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest
import rclpy
import yaml
from blindspot_msgs.msg import Clearance, Event, EventArray, MissionOrder, Sighting, SightingArray
from rclpy.experimental import EventsExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image
from test.node.conftest import order_of
from vision_msgs.msg import Detection2DArray

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.core.errors import DependencyError, InputError
from blindspot.mission.ground_masks import GroundMasks, save_ground_masks
from blindspot.nodes import detector as detector_module
from blindspot.nodes.cameras import eyes as eyes_module
from blindspot.nodes.cameras.eyes import Eyes
from blindspot.nodes.detector import DetectorNode
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.pictures import picture_of
from blindspot.site.ground.grid import Grid, HeightField
from blindspot.vision.capture.picture_channel import ClearPicture, PictureGiver, channel_path
from blindspot.vision.models.detector import Detections
from blindspot.vision.town.map_check import Disagreement
from blindspot.vision.town.map_findings import load_map_findings

PICTURE = Lens(35.0, 640, 360)
FRAME = "drone1/camera_optical_frame"


class Sees:
    """In place of the network: one person in the middle of every picture, standing on the crossing."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    enough_px = 48.0
    sha256 = "ab" * 32

    def shown(self, shape: tuple[int, ...], max_side_px: int | None = None) -> tuple[int, int, float]:
        return shape[1], shape[0], 1.0

    def detect(self, bgr: np.ndarray, max_side_px: int | None = None) -> Detections:
        return Detections(np.array([[310, 160, 330, 200]], np.float32), np.array([0.9], np.float32), ("person",))


class Camera:
    """The camera, played by the test, and everything that the detector said."""

    def __init__(
        self, fleet: Path, labels: list[str], run_dir: Path, leasing, *, shown: str = "whole", **given: object
    ) -> None:
        """`shown`: in which forms somebody asks for masked pictures; `is_leased`: the authority gives leases, for the
        mission of `order`."""
        parameters = {"fleet": str(fleet), "labels": labels or [""], "run_dir": str(run_dir), "simulated": True,
                      "lease_key": leasing.key, **given}  # fmt: skip
        self._leasing, self.is_leased = leasing, True
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        self.detector = DetectorNode(namespace="/drone1", parameter_overrides=overrides)
        self.node = rclpy.create_node("peer", namespace="/drone1")
        self.mission = self.node.create_publisher(MissionOrder, "mission", qos.LATCHED)
        self.fleet_path, self.order, self.taken_in = fleet, MissionOrder(), ""
        self.clearance = self.node.create_publisher(Clearance, "clearance", qos.LEASE)
        self.pictures = PictureGiver(channel_path(run_dir, "drone1"))
        self.masked: list[Image] = []
        self.detections: list[Detection2DArray] = []
        self.sightings: list[SightingArray] = []
        self.jpegs: list[CompressedImage] = []
        if "whole" in shown:
            self.node.create_subscription(Image, "camera/image_masked", self.masked.append, qos.PICTURE)
        if "jpeg" in shown:
            topic = "camera/image_masked/compressed"
            self.node.create_subscription(CompressedImage, topic, self.jpegs.append, qos.PICTURE)
        self.node.create_subscription(Detection2DArray, "detections", self.detections.append, qos.EVENTS)
        self.node.create_subscription(SightingArray, "sightings", self.sightings.append, qos.EVENTS)
        self.events: list[EventArray] = []
        self.node.create_subscription(EventArray, "events", self.events.append, qos.EVENTS)
        self.executor = EventsExecutor()
        self.executor.add_node(self.detector)
        self.executor.add_node(self.node)
        self.stamp_s = 100.0

    @property
    def eyes(self) -> Eyes | None:
        return self.detector.mission.made

    def begin(self, mission: Path, run: str = "") -> None:
        """Order a mission, wait until the detector has loaded it, and take the next pictures in it."""
        self.order = order_of(mission, run=run, fleet=self.fleet_path)
        self.taken_in = f"{run} {self.order.sha256}"
        self.mission.publish(self.order)
        self.spin_until(lambda: self.eyes is not None and self.eyes.mission == self.taken_in)

    def expose(self, *, up_m: float = 60.0, position_std_m: float = 0.1) -> None:
        """The next exposure, straight down on the middle of the crossing, in plain white."""
        if not self.pictures.is_asked():
            return
        self.stamp_s += 0.2
        if self.is_leased:
            until_s = self.node.get_clock().now().nanoseconds * 1e-9 + 3.0
            lease = self._leasing.lease("drone1", "a" * 64, until_s, mission=self.order.sha256)
            self.clearance.publish(lease)
        pose = CameraPose(self.stamp_s, 0.0, 0.0, up_m, 0.0, -90.0, 0.0, position_std_m, 0.1)
        white = np.full((PICTURE.height_px, PICTURE.width_px, 3), 255, np.uint8)
        self.pictures.give(ClearPicture(white, pose, PICTURE, self.taken_in))

    def close(self) -> None:
        self.detector.destroy_node()
        self.node.destroy_node()
        self.pictures.close()

    def spin_until(self, done, act=lambda: None) -> None:
        deadline_s = time.monotonic() + 20.0
        while not done() and time.monotonic() < deadline_s:
            act()
            for _ in range(12):  # more than what one act brings, so that nothing piles up
                self.executor.spin_once(timeout_sec=0.01)
        assert done()


@pytest.fixture
def mission_with_events(changed_mission, tmp_path):
    """The crossroads with a zone about its middle, an events file, and an authorisation that lists some."""

    def make(*allowed: str) -> Path:
        listed = f"detectors: [nanodet], events: [{', '.join(allowed)}]"
        path = changed_mission(law={"detectors: [nanodet]": listed}, events="events.yaml")
        square = [
            [2 + 1e-4 * east, 47 + 1e-4 * north] for east, north in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
        ]
        zone = {
            "type": "Feature",
            "properties": {"name": "crossing"},
            "geometry": {"type": "Polygon", "coordinates": [square]},
        }
        (path.parent / "zones.geojson").write_text(json.dumps(zone))
        asked = {
            "schema": "blindspot.events/1",
            "zone_entered": {"zones": "zones.geojson", "inertia_pictures": 2},
            "crowd_density": {"people": 2},
        }
        (path.parent / "events.yaml").write_text(yaml.safe_dump(asked))
        return path

    return make


@pytest.fixture
def camera(ros, mission_path, monkeypatch, tmp_path, leasing):
    monkeypatch.setattr(detector_module, "Detector", Sees)
    made: list[Camera] = []

    def make(*labels: str, **given: object) -> Camera:
        """A detector of the crossroads' fleet in a mission; with `mission=None`, in none."""
        run_dir, mission = given.pop("run_dir", tmp_path / f"run{len(made)}"), given.pop("mission", mission_path)
        made.append(Camera(mission_path, list(labels), run_dir, leasing, **given))
        if mission is not None:
            made[-1].begin(mission)
        return made[-1]

    yield make
    for each in made:
        for node in (each.detector, each.node):
            each.executor.remove_node(node)
        each.close()
        each.executor.shutdown()


def test_a_person_on_the_crossing_is_reported_and_masked(camera):
    seen = camera("person")
    seen.spin_until(lambda: seen.masked and seen.detections and seen.sightings, act=seen.expose)
    (found,) = seen.detections[0].detections
    assert (found.bbox.center.position.x, found.bbox.center.position.y) == (320, 180)
    assert (found.bbox.size_x, found.bbox.size_y) == (20, 40)
    assert (found.results[0].hypothesis.class_id, found.results[0].hypothesis.score) == ("person", pytest.approx(0.9))
    (sighting,) = seen.sightings[0].sightings
    assert (sighting.drone, sighting.label, sighting.event) == ("drone1", "person", Sighting.NEW)
    assert (sighting.position.x, sighting.position.y) == pytest.approx((0, 0), abs=0.2)
    (variance, beside, _, _), speeds = sighting.position_covariance, sighting.velocity_covariance
    assert 0.1**2 < variance < 1.0
    assert abs(beside) < variance
    assert min(speeds[0], speeds[3]) > 0
    assert sighting.first_seen == sighting.last_seen == sighting.header.stamp
    assert (sighting.header.frame_id, found.header.frame_id) == ("map", FRAME)
    picture = picture_of(seen.masked[0])
    assert picture.shape == (360, 640, 3)
    assert picture[160:200, 310:330].max() == 0
    assert picture.max() == 255


def test_no_node_in_the_graph_can_give_it_pictures_poses_or_lenses(camera):
    """They would be masked as if they were the camera's: beside the walls."""
    seen = camera("person")
    seen.spin_until(lambda: seen.masked, act=seen.expose)
    for topic in ("camera/image_raw", "camera/pose", "camera/camera_info"):
        assert seen.node.get_subscriptions_info_by_topic(f"/drone1/{topic}") == []


def test_a_jpeg_subscriber_gets_the_masked_picture(camera):
    seen = camera("person", shown="jpeg", jpeg_quality=60)
    seen.spin_until(lambda: seen.jpegs, act=seen.expose)
    (jpeg, *_) = seen.jpegs
    assert (jpeg.header.frame_id, jpeg.format) == (FRAME, "bgr8; jpeg compressed bgr8")
    picture = cv2.imdecode(np.frombuffer(jpeg.data, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (360, 640, 3)
    assert picture[160:200, 310:330].max() < 8  # a JPEG rings a little where white ends
    assert picture.max() > 247
    assert len(jpeg.data) < picture.nbytes / 10


def test_a_picture_is_made_only_in_the_form_that_has_a_subscriber(camera, monkeypatch):
    made: list[str] = []
    for name in ("image_message", "compressed_message"):
        real = getattr(detector_module, name)
        monkeypatch.setattr(detector_module, name, lambda *of, name=name, real=real: made.append(name) or real(*of))
    nobody = camera("person", shown="")
    nobody.spin_until(lambda: nobody.detections, act=nobody.expose)
    assert made == []
    seen = camera("person", shown="jpeg")
    seen.spin_until(lambda: seen.jpegs, act=seen.expose)
    assert set(made) == {"compressed_message"}


def test_jpegs_leave_at_most_at_their_rate(camera):
    """The pictures of this camera are 0.2 s apart."""
    seen = camera("person", shown="whole, jpeg", jpeg_rate_hz=1.0)
    seen.spin_until(lambda: len(seen.jpegs) >= 3, act=seen.expose)
    stamps_s = [jpeg.header.stamp.sec + jpeg.header.stamp.nanosec * 1e-9 for jpeg in seen.jpegs]
    assert min(np.diff(stamps_s)) > 0.99
    assert len(seen.masked) > len(seen.jpegs)


def test_an_event_that_the_authorisation_lists_is_reported(camera, mission_with_events):
    seen = camera("person", mission=mission_with_events("zone_entered"))
    seen.spin_until(lambda: len(seen.events) >= 2, act=seen.expose)
    (event,) = seen.events[0].events
    assert (event.kind, event.zone, event.drone, event.stage) == ("zone_entered", "crossing", "drone1", Event.NEW)
    assert (list(event.tracks), event.count, event.header.frame_id) == ([1], 1, "map")
    assert (event.position.x, event.position.y) == pytest.approx((0, 0), abs=0.3)
    assert event.position_covariance[0] > 0.1**2
    assert seen.events[1].events[0].stage == Event.UPDATE


def test_an_event_that_it_does_not_list_is_not_looked_for(camera, mission_with_events):
    assert camera("person", mission=mission_with_events()).eyes.watch is None


def test_without_detector_on_the_list_there_are_no_events(camera, mission_with_events):
    assert camera(mission=mission_with_events("zone_entered")).eyes.watch is None


def test_by_default_pictures_are_masked_and_no_sighting_is_published(camera):
    seen = camera()
    seen.spin_until(lambda: len(seen.masked) >= 3, act=seen.expose)
    assert seen.detections == []
    assert seen.sightings == []


@pytest.mark.parametrize(
    ("wrong", "why"), [({"up_m": math.nan}, "pose is not a number"), ({"position_std_m": 9.0}, "uncertain")]
)
def test_a_picture_that_cannot_be_masked_goes_nowhere(camera, wrong, why, monkeypatch):
    encoded: list[object] = []
    real = cv2.imencode
    monkeypatch.setattr(cv2, "imencode", lambda *of: encoded.append(of) or real(*of))
    seen = camera("person", shown="whole, jpeg")
    seen.spin_until(lambda: why in seen.detector.logged, act=lambda: seen.expose(**wrong))
    assert (seen.masked, seen.jpegs, encoded, seen.detections, seen.sightings) == ([], [], [], [], [])
    seen.spin_until(lambda: seen.masked and seen.jpegs, act=seen.expose)
    assert seen.detector.logged == ""


def test_a_detector_that_is_late_shows_nothing_until_it_is_in_time(camera):
    seen = camera("person", max_work_s=0.1)
    search = seen.detector.detector.detect
    seen.detector.detector.detect = lambda bgr: time.sleep(0.15) or search(bgr)
    seen.spin_until(lambda: seen.detector.logged == "picture dropped: the detector took over 0.1 s", act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings) == ([], [], [])
    seen.detector.detector.detect = search
    seen.spin_until(lambda: seen.masked, act=seen.expose)


def test_a_detector_that_died_shows_nothing_and_ends_its_node(camera):
    seen = camera("person")

    def die(_):
        raise RuntimeError("out of memory")

    seen.detector.detector.detect = die
    with pytest.raises(RuntimeError, match="out of memory"):
        seen.spin_until(lambda: False, act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings) == ([], [], [])


def test_without_its_model_the_node_does_not_start(ros, mission_path, tmp_path, leasing):
    with pytest.raises(DependencyError, match="bring it with"):
        Camera(mission_path, [], tmp_path, leasing, models=str(tmp_path))


def test_a_picture_that_comes_without_a_lease_goes_nowhere(camera):
    """It was not to be taken."""
    seen = camera("person")
    looked: list[float] = []
    look = seen.eyes.pipeline_of
    seen.eyes.pipeline_of = lambda *of: looked.append(seen.stamp_s) or look(*of)
    seen.is_leased = False
    seen.spin_until(lambda: seen.stamp_s > 104.0, act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings, looked) == ([], [], [], [])
    assert seen.detector.logged == "picture dropped: no lease"
    seen.is_leased = True
    seen.spin_until(lambda: seen.masked, act=seen.expose)


def test_blind_ground_is_known_to_the_search_once_a_plan_is_made(camera, tmp_path):
    seen = camera("person", search_ms=200.0, run_dir=tmp_path)
    seen.spin_until(lambda: seen.masked, act=seen.expose)
    assert seen.eyes.pipeline.search.blind is None
    field = HeightField(Grid(-1.0, -1.0, 1.0, 2, 2), *(np.zeros((2, 2), np.float32) for _ in range(2)))
    public, blind = np.ones((2, 2), bool), np.array([[True, False], [False, False]])
    save_ground_masks(tmp_path / "ground.npz", GroundMasks(field, public, public & ~blind, blind))
    seen.spin_until(lambda: seen.eyes.pipeline.search.blind is not None, act=seen.expose)
    assert seen.eyes.pipeline.search.blind.at(np.array([(-0.5, -0.5), (0.5, 0.5)])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"model": "drawn", "simulated": False}, "drawn was trained without photographs, and would not mask real"),
        ({"model": "facenet"}, "model: facenet is not allowed"),
        ({"provider": "abacus"}, "provider: abacus is unknown"),
    ],
)
def test_a_model_or_provider_that_is_not_known_is_refused(camera, given, why):
    with pytest.raises(InputError, match=why):
        camera("person", **given)


def test_a_kind_that_no_model_knows_is_refused(camera):
    with pytest.raises(InputError, match="labels: unicorn is unknown"):
        camera("unicorn")


class Compares:
    """In place of the comparison with the town model: every picture says something, and no building is otherwise."""

    def __init__(self, town, lens) -> None:
        self.lens, self.views, self.judged = lens, 0, 2

    def look(self, bgr: np.ndarray, pose: CameraPose) -> bool:
        self.views += 1
        return True

    def disagreements(self) -> tuple[Disagreement, ...]:
        return (Disagreement(1.0, 2.0, 9.0, 12.0, 0.1, 0.9, 3),)


def test_differences_from_the_town_model_are_written_into_the_runs_folder(camera, tmp_path, monkeypatch):
    monkeypatch.setattr(eyes_module, "MapCheck", Compares)
    eyes = camera(run_dir=tmp_path, map_check_s=0.01)
    eyes.spin_until(lambda: (tmp_path / "map_findings.drone1.json").is_file(), eyes.expose)
    (kept,) = load_map_findings(tmp_path)
    assert (kept.drone, kept.judged, kept.disagreements) == ("drone1", 2, Compares(None, None).disagreements())


def test_a_folder_that_cannot_be_written_stops_no_masking(camera, tmp_path, monkeypatch):
    monkeypatch.setattr(eyes_module, "MapCheck", Compares)
    eyes = camera(run_dir=tmp_path / "gone", map_check_s=0.01)
    eyes.spin_until(lambda: len(eyes.masked) >= 3, eyes.expose)


def test_unless_asked_for_no_picture_is_compared(camera, tmp_path, monkeypatch):
    monkeypatch.setattr(eyes_module, "MapCheck", Compares)
    eyes = camera(run_dir=tmp_path, map_check_s=0.0)
    eyes.spin_until(lambda: len(eyes.masked) >= 3, eyes.expose)
    assert list(tmp_path.glob("map_findings*")) == []


def test_between_missions_no_picture_is_masked_or_reported(camera):
    seen = camera("person", mission=None, shown="whole, jpeg")
    seen.spin_until(lambda: seen.stamp_s > 103.0, act=seen.expose)
    assert seen.detector.logged == "picture dropped: no mission"
    seen.spin_until(lambda: seen.stamp_s > 104.0, act=seen.expose)
    assert (seen.masked, seen.jpegs, seen.detections, seen.sightings) == ([], [], [], [])


def test_a_mission_with_another_hash_masks_and_reports_nothing(camera, mission_path):
    seen = camera("person", mission=None)
    seen.order = order_of(mission_path)
    seen.order.sha256 = "f" * 64
    seen.taken_in = f" {seen.order.sha256}"
    seen.mission.publish(seen.order)
    dropped = "picture dropped: the mission can't be loaded"
    seen.spin_until(lambda: seen.detector.logged == dropped, act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings) == ([], [], [])


def test_pictures_before_the_town_is_loaded_are_dropped_with_a_reason(camera, mission_path, monkeypatch):
    loading, town = threading.Event(), eyes_module.town_of_mission
    monkeypatch.setattr(eyes_module, "town_of_mission", lambda mission: loading.wait() and town(mission))
    seen = camera("person", mission=None)
    seen.order = order_of(mission_path)
    seen.taken_in = f" {seen.order.sha256}"
    seen.mission.publish(seen.order)
    try:
        dropped = "picture dropped: the mission is being loaded"
        seen.spin_until(lambda: seen.detector.logged == dropped, act=seen.expose)
        assert seen.masked == []
    finally:
        loading.set()
    seen.spin_until(lambda: seen.masked, act=seen.expose)


def test_leases_of_another_mission_inhibit(camera, changed_mission):
    seen = camera("person")
    leased = seen.order
    seen.begin(changed_mission(people=3))
    seen.order = leased
    seen.spin_until(lambda: seen.detector.logged == "picture dropped: no lease", act=seen.expose)
    assert seen.masked == []


def test_what_a_mission_may_report_ends_with_it(camera, mission_with_events, changed_mission):
    """The second mission's authorisation lists no detector and no event."""
    seen = camera("person", mission=mission_with_events("zone_entered"))
    seen.spin_until(lambda: seen.events and seen.sightings, act=seen.expose)
    seen.begin(changed_mission("second", law={"detectors: [nanodet]": "detectors: []"}), run="second")
    seen.spin_until(lambda: seen.masked, act=seen.expose)
    for reports in (seen.masked, seen.detections, seen.sightings, seen.events):
        reports.clear()
    seen.spin_until(lambda: len(seen.masked) >= 3, act=seen.expose)
    assert (seen.detections, seen.sightings, seen.events) == ([], [], [])


def test_a_picture_of_the_mission_before_is_dropped(camera, changed_mission):
    """Camera and detector hear of a mission at different times."""
    seen = camera("person")
    before = seen.taken_in
    seen.begin(changed_mission(people=3))
    seen.taken_in = before
    dropped = "picture dropped: it was taken in another mission"
    seen.spin_until(lambda: seen.detector.logged == dropped, act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings) == ([], [], [])


def test_a_picture_that_was_under_way_when_the_mission_changed_goes_nowhere(camera, changed_mission):
    seen, other = camera("person"), changed_mission(people=3)
    search, orders = seen.detector.detector.detect, []

    def drop_meanwhile(bgr):
        if not orders:
            orders.append(seen.detector.mission.drop("the mission is being loaded"))
        return search(bgr)

    seen.detector.detector.detect = drop_meanwhile
    seen.spin_until(lambda: orders, act=seen.expose)
    seen.spin_until(lambda: "being loaded" in seen.detector.logged, act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings) == ([], [], [])
    seen.begin(other)
    seen.spin_until(lambda: seen.masked, act=seen.expose)


def test_each_run_has_its_own_blind_ground_and_map_findings(camera, tmp_path, mission_path, monkeypatch):
    monkeypatch.setattr(eyes_module, "MapCheck", Compares)
    seen = camera("person", mission=None, run_dir=tmp_path, search_ms=200.0, map_check_s=0.01)
    field = HeightField(Grid(-1.0, -1.0, 1.0, 2, 2), *(np.zeros((2, 2), np.float32) for _ in range(2)))
    public = np.ones((2, 2), bool)
    (tmp_path / "first").mkdir()
    save_ground_masks(tmp_path / "first" / "ground.npz", GroundMasks(field, public, ~public, public))
    for run, is_known in (("first", True), ("second", False)):
        seen.begin(mission_path, run)
        seen.spin_until((tmp_path / run / "map_findings.drone1.json").is_file, seen.expose)
        assert (seen.eyes.pipeline.search.blind is not None) == is_known


def test_a_former_missions_town_is_forgotten(camera, changed_mission):
    seen = camera("person")
    seen.spin_until(lambda: seen.masked, act=seen.expose)
    town = weakref.ref(seen.eyes)
    seen.begin(changed_mission(people=3))
    seen.spin_until(lambda: town() is None)
