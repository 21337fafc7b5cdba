"""The whole way of a picture, on rendered people and the real detector."""

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import box

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.core.errors import MaskingError
from blindspot.vision.events.rules import ZoneIsEntered
from blindspot.vision.events.settings import ZoneEntered
from blindspot.vision.events.watch import EventWatch
from blindspot.vision.events.zones import Zone
from blindspot.vision.models.detector import Detections, Detector, NoNetwork
from blindspot.vision.pipeline import Pipeline
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.renderer import Renderer

LENS = Lens(35.0, 960, 540)
POSE = CameraPose(5.0, 0, -40, 40, heading_deg=0, pitch_deg=-45, position_std_m=0.1, attitude_std_deg=0.1)
PLACES = [(-5.0, -4.0), (-2.0, 0.0), (-7.0, 3.0), (-3.0, 6.0)]  # in the sun: the shadow of the block ends at -0.1 east


class Sees:
    """A detector that always finds the same."""

    def __init__(self, *found):
        boxes = np.array([box for box, _ in found], np.float32).reshape(-1, 4)
        self.found = Detections(boxes, np.full(len(found), 0.9, np.float32), tuple(label for _, label in found))

    def detect(self, bgr):
        return self.found


def blank():
    return np.full((LENS.height_px, LENS.width_px, 3), 200, np.uint8)


def test_rendered_people_are_found_where_they_stand(town, model_path):
    people = [Person(i, e, n, 0.0, 70.0 * i, 1.7) for i, (e, n) in enumerate(PLACES)]
    picture = Renderer(town, LENS).render(POSE, people)
    pipeline = Pipeline(Detector(model_path, max_side_px=960), town, LENS, {"person"})
    tracks = pipeline.process(picture, POSE.stamp_s, POSE).tracks
    found = [(track.point.east_m, track.point.north_m) for track in tracks]
    assert len(found) >= 2  # that the network finds every figure with its shadow is not what is claimed
    assert all(min(np.hypot(e - x, n - y) for e, n in PLACES) < 1.0 for x, y in found)


def test_only_objects_on_allowed_ground_are_reported(town):
    street, yard = ((470, 260, 490, 300), "person"), ((900, 260, 920, 300), "person")
    analysis = Pipeline(Sees(street, yard), town, LENS, {"person"}).process(blank(), 5.0, POSE)
    assert analysis.detections.boxes_xyxy.tolist() == [[470, 260, 490, 300]]
    assert len(analysis.tracks) == 1


def test_after_a_clock_that_was_set_back_masking_goes_on(town):
    pipeline = Pipeline(Sees(((470, 260, 490, 300), "person")), town, LENS, {"person"})
    before = pipeline.process(blank(), 5.0, POSE)
    after = pipeline.process(blank(), 2.0, replace(POSE, stamp_s=2.0))
    assert (after.masked == before.masked).all()
    assert [track.number for track in after.tracks if track.index >= 0] == [2]


def test_kinds_that_may_not_be_reported_are_only_masked(town):
    analysis = Pipeline(Sees(((470, 260, 490, 300), "person")), town, LENS, ()).process(blank(), 5.0, POSE)
    assert len(analysis.detections) == 0
    assert analysis.tracks == ()
    assert analysis.masked[260:272, 470:490].max() == 0
    assert analysis.masked[290:300, 470:490].min() == 200


def test_a_picture_that_cannot_be_masked_moves_no_track(town):
    pipeline = Pipeline(Sees(((470, 260, 490, 300), "person")), town, LENS, {"person"})
    with pytest.raises(MaskingError):
        pipeline.process(blank(), 5.0, None)
    assert pipeline.process(blank(), 5.0, POSE).tracks[0].number == 1


class SeesInTiles(Sees):
    """Finds a small person only where it is shown a part of the picture, close enough; every look takes no time."""

    enough_px = 48.0

    def shown(self, shape, max_side_px=None):
        return 64, 64, (max_side_px or 640) / max(shape[:2])

    def detect(self, bgr, max_side_px=None):
        rows, cols = np.nonzero(bgr[..., 0] == 17)
        if max_side_px is None or not len(rows):
            return Detections.none()
        box = (cols.min(), rows.min(), cols.max() + 1, rows.max() + 1)
        return Detections(np.array([box], np.float32), np.array([0.9], np.float32), ("person",))


def test_objects_found_only_in_an_enlarged_tile_are_masked_and_reported(town):
    picture = blank()
    picture[270:284, 474:482] = 17
    without = Pipeline(SeesInTiles(), town, LENS, {"person"}).process(picture, 5.0, POSE)
    assert len(without.detections) == 0
    closer = Pipeline(SeesInTiles(), town, LENS, {"person"}, budget_ms=1e6).process(picture, 5.0, POSE)
    assert closer.detections.boxes_xyxy.tolist() == [[474, 270, 482, 284]]
    assert closer.masked[268:275, 474:482].max() == 0
    assert closer.masked[281:284, 474:482].max() == 17


def test_an_object_that_every_tile_may_cut_is_hidden_with_as_much_around_it(town):
    picture = blank()
    picture[270:300, 470:486] = 17
    closer = Pipeline(SeesInTiles(), town, LENS, {"person"}, budget_ms=1e6).process(picture, 5.0, POSE)
    assert closer.masked[240:305, 455:500].max() == 0


def test_a_closer_look_that_fails_leaves_nothing(town):
    class Breaks(SeesInTiles):
        def detect(self, bgr, max_side_px=None):
            if max_side_px is not None:
                raise RuntimeError("out of memory")
            return Detections.none()

    with pytest.raises(RuntimeError, match="out of memory"):
        Pipeline(Breaks(), town, LENS, (), budget_ms=1e6).process(blank(), 5.0, POSE)


def test_rendered_people_who_stand_in_a_zone_are_an_event(town, model_path):
    """Six pictures of people who stand about, by the real detector; beside them an empty zone."""
    people = [Person(i, e, n, 0.0, 70.0 * i, 1.7) for i, (e, n) in enumerate(PLACES)]
    rule = ZoneEntered(zones="", inertia_s=0.5)
    near, far = (Zone(name, box(-9.0, south, 1.0, south + 14)) for name, south in (("near", -6.0), ("far", 12.0)))
    watch = EventWatch([("zone_entered", rule, ZoneIsEntered(rule, [near, far]))])
    renderer = Renderer(town, LENS)
    pipeline = Pipeline(Detector(model_path, max_side_px=960), town, LENS, {"person"}, events=watch)
    reported = []
    for number in range(6):
        pose = replace(POSE, stamp_s=5.0 + 0.2 * number)
        reported.append(pipeline.process(renderer.render(pose, people), pose.stamp_s, pose).events)
    assert [len(events) for events in reported[:3]] == [0, 0, 0]  # not before half a second has gone
    assert reported[-1]
    assert {event.held.zone for events in reported for event in events} == {"near"}


def test_warm_spots_are_masked_beside_the_network_and_never_reported(town):
    picture = blank()
    picture[270:296, 480:490] = 250  # in the middle of the street, about 1.7 m tall
    for detector in (NoNetwork(), Sees(((470, 360, 490, 400), "person"))):
        analysis = Pipeline(detector, town, LENS, {"person"}, warm_spots=True).process(picture, 5.0, POSE)
        assert not analysis.masked[270:296, 480:490].any()
        assert len(analysis.detections) == (0 if isinstance(detector, NoNetwork) else 1)
    assert Pipeline(NoNetwork(), town, LENS, ()).process(picture, 5.0, POSE).masked[270:296, 480:490].all()
