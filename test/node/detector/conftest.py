"""A detector in a real graph, and the camera and mission beside it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import rclpy
import yaml
from blindspot_msgs.msg import Clearance, EventArray, MissionOrder, SightingArray
from rclpy.experimental import EventsExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image
from test.node.conftest import order_of
from vision_msgs.msg import Detection2DArray

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.nodes import detector as detector_module
from blindspot.nodes.cameras.eyes import Eyes
from blindspot.nodes.detector import DetectorNode
from blindspot.nodes.graph import qos
from blindspot.vision.capture.picture_channel import ClearPicture, PictureGiver, channel_path
from blindspot.vision.models.detector import Detections

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
        self._leasing, self.is_leased, self.may_look = leasing, True, True
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
            lease = self._leasing.lease("drone1", "a" * 64, until_s, mission=self.order.sha256, may_look=self.may_look)
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
