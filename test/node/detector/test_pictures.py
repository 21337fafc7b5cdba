"""The parts of a picture that leave the drone, and none if masking is uncertain."""

from __future__ import annotations

import math
import threading
import time

import cv2
import numpy as np
import pytest
from blindspot_msgs.msg import Event, Sighting
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from test.factories import masks_over
from test.node.detector.conftest import FRAME, Camera

from blindspot.core.errors import DependencyError, InputError
from blindspot.flight.control import NO_RIGHT
from blindspot.mission.ground_masks import GroundMasks
from blindspot.nodes import detector as detector_module
from blindspot.nodes.cameras.mask_reports import masked_of
from blindspot.nodes.graph import qos
from blindspot.site.ground.grid import Grid
from blindspot.vision.mask_audit import Audit, MaskAudit


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
    masked = seen.masked[0]
    assert (masked.encoding, masked.height, masked.width) == ("bgr8", 360, 640)
    picture = np.frombuffer(masked.data, np.uint8).reshape(360, 640, 3)
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


@pytest.mark.parametrize(("scale", "is_said"), [(0.5, False), (0.25, True)])
def test_pictures_that_are_searched_far_below_their_size_are_reported(camera, monkeypatch, scale, is_said):
    """A camera of 3840 px: the measured miss rates are those of a search at half size."""
    seen, said = camera("person"), []
    monkeypatch.setattr(seen.detector.detector, "shown", lambda shape, side_px=None: (960, 540, scale))
    monkeypatch.setattr(seen.detector, "warn_of", lambda what, problem: said.append(f"{what}: {problem}"))
    seen.spin_until(lambda: seen.masked, act=seen.expose)
    warning = "the search: pictures of 640 x 360 px are searched at 0.25 of their size: the measured miss rates are"
    assert any(one.startswith(warning) for one in said) is is_said


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
    seen.is_leased, seen.may_look = True, False
    seen.spin_until(lambda: "no lease" not in seen.detector.logged, act=seen.expose)
    assert seen.detector.logged == f"picture dropped: {NO_RIGHT}" and looked == []
    seen.may_look = True
    seen.spin_until(lambda: seen.masked, act=seen.expose)


def test_a_picture_whose_lease_ends_during_its_analysis_goes_nowhere(camera):
    seen = camera("person", max_work_s=30.0)
    search, began, may_end = seen.detector.detector.detect, threading.Event(), threading.Event()

    def slow(bgr):
        began.set()
        may_end.wait(20.0)
        return search(bgr)

    seen.detector.detector.detect = slow
    seen.spin_until(began.is_set, act=seen.expose)
    seen.is_leased = False
    lapsed_s = time.monotonic() + 3.1
    seen.spin_until(lambda: time.monotonic() > lapsed_s, act=seen.expose)
    may_end.set()
    end_s = seen.stamp_s + 2.0
    seen.spin_until(lambda: seen.stamp_s > end_s, act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings) == ([], [], [])


def test_blind_ground_is_known_to_the_search_once_a_plan_is_made(camera, tmp_path):
    seen = camera("person", search_ms=200.0, run_dir=tmp_path)
    seen.spin_until(lambda: seen.masked, act=seen.expose)
    assert seen.eyes.pipeline.search.blind is None
    blind = np.array([[True, False], [False, False]])
    masks_over(Grid(-1.0, -1.0, 1.0, 2, 2), blind).save(tmp_path / "ground.npz")
    seen.spin_until(lambda: seen.eyes.pipeline.search.blind is not None, act=seen.expose)
    assert seen.eyes.pipeline.search.blind.at(np.array([(-0.5, -0.5), (0.5, 0.5)])).tolist() == [True, False]


def test_a_broken_file_of_blind_ground_stops_no_masking_and_is_read_once(camera, tmp_path, monkeypatch):
    (tmp_path / "ground.npz").write_bytes(b"PK\3\4 cut off")
    load, read = GroundMasks.load, []
    monkeypatch.setattr(GroundMasks, "load", lambda path: [read.append(path), load(path)][1])
    seen = camera("person", search_ms=200.0, run_dir=tmp_path)
    seen.spin_until(lambda: len(seen.masked) >= 3, act=seen.expose)
    assert seen.eyes.pipeline.search.blind is None and len(read) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"model": "drawn", "simulated": False}, "drawn was trained without photographs, and would not mask real"),
        ({"model": "facenet"}, "model: facenet is not allowed"),
        ({"model": "warm"}, "warm knows thermal pictures, and the camera's sensor is visible"),
        ({"provider": "abacus"}, "provider: abacus is unknown"),
    ],
)
def test_a_model_or_provider_that_is_not_known_is_refused(camera, given, why):
    with pytest.raises(InputError, match=why):
        camera("person", **given)


def test_a_kind_that_no_model_knows_is_refused(camera):
    with pytest.raises(InputError, match="labels: unicorn is unknown"):
        camera("unicorn")


def test_each_picture_is_reported_with_what_its_masked_copy_still_shows(camera, monkeypatch):
    """A whole one, a dropped one, and one whose mask failed: nothing of the last two leaves the node."""
    seen, reports = camera("person"), []
    listen = lambda message: reports.append((message.status[0].level, masked_of(message)))  # noqa: E731
    seen.node.create_subscription(DiagnosticArray, "facts/masks", listen, qos.EVENTS)
    seen.spin_until(lambda: reports and seen.masked, act=seen.expose)
    level, first = reports[0]
    assert (level, first.is_whole, first.clear_bytes) == (DiagnosticStatus.OK, True, 0)
    seen.is_leased = False
    seen.spin_until(lambda: "no lease" in seen.detector.logged, act=seen.expose)
    number = len(reports)
    seen.spin_until(lambda: len(reports) > number, act=seen.expose)
    assert reports[-1][1].is_whole and reports[-1][1].at_s > first.at_s
    seen.is_leased = True
    monkeypatch.setattr(MaskAudit, "look", lambda *_: Audit(0, 1, 4))
    seen.spin_until(lambda: not reports[-1][1].is_whole, act=seen.expose)
    level, bad = reports[-1]
    assert level == DiagnosticStatus.ERROR and bad.clear_bytes == 12 and bad.outside and not bad.private
    shown = len(seen.masked)
    number = len(reports)
    seen.spin_until(lambda: len(reports) > number + 1, act=seen.expose)
    assert len(seen.masked) <= shown + 1 and "still shows" in seen.detector.logged
