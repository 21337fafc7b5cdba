"""Tracking of people on PETS 2009 S2.L1 by the product's detector and tracker: every annotated frame, on the ground
plane of the sequence's own calibration."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, quaternion_of
from blindspot.site.ground.grid import Grid
from blindspot.vision.events.tracking import Track, Tracker, TrackState
from blindspot.vision.models.detector import Detections, Detector
from blindspot.vision.town.first_hit import TownRays
from blindspot.vision.town.georeference import Georeference, GroundPoint
from blindspot.vision.town.seen_town import Town
from blindspot_lab.bench.eyes.following import FollowedPicture, following
from blindspot_lab.bench.eyes.people import PETS_HZ
from blindspot_lab.bench.tools.target import Target

Floats = NDArray[np.float64]
TUNED_BELOW = 397
"""The tracker's limits were tuned on the frames before this one. The authors also looked at the later frames."""
GOAL_MOTA, GOAL_IDF1 = 0.83, 0.75


@dataclass(frozen=True, slots=True)
class Frame:
    """One annotated frame: its number, true people and reported tracks, and the track objects."""

    number: int
    picture: FollowedPicture
    tracks: tuple[Track, ...]

    @property
    def stamp_s(self) -> float:
        return self.number / PETS_HZ


def following_targets(frames: Sequence[Frame]) -> list[Target]:
    """MOTA and IDF1 of people."""
    whole = following(frame.picture for frame in frames)
    rest = following(frame.picture for frame in frames if frame.number >= TUNED_BELOW)
    size = f"PETS S2.L1, {whole.true_boxes} boxes, {PETS_HZ:g} Hz"
    return [
        Target(f"people followed: MOTA, {size}", f">= {GOAL_MOTA}", whole.mota, "", whole.mota >= GOAL_MOTA),
        Target(f"people followed: IDF1, {size}", f">= {GOAL_IDF1}", whole.idf1, "", whole.idf1 >= GOAL_IDF1),
        Target("  MOTA of the second half; limits were chosen on the first", "reported", rest.mota, "", None),
        Target("  IDF1 of the second half", "reported", rest.idf1, "", None),
        Target("  a number changes to another person", "reported", whole.switches, "times", None),
    ]


def pets_frames(detector: Detector, folder: Path) -> Iterator[Frame]:
    """Results of detector and tracker for each annotated frame; boxes in pixels of the frame."""
    camera, tracker = PetsCamera(folder / "View_001.xml"), Tracker()
    truth = _numbered(folder / "PETS2009-S2L1.xml")
    video = cv2.VideoCapture(str(folder / "vtest.avi"))
    for number in range(int(video.get(cv2.CAP_PROP_FRAME_COUNT))):
        ok, frame = video.read()
        if not ok:
            break
        found = detector.detect(np.asarray(frame, np.uint8))
        seen = [
            (index, (label, score, point))
            for index, (label, score, point) in enumerate(
                zip(found.labels, found.scores.tolist(), camera.points(found), strict=True)
            )
            if label == "person" and point is not None
        ]
        tracks = tracker.update(number / PETS_HZ, [what for _, what in seen])
        now = tuple(track for track in tracks if track.event is not TrackState.END)
        boxes = found.boxes_xyxy[[seen[track.index][0] for track in now]].astype(float).reshape(-1, 4)
        if number in truth:
            yield Frame(number, FollowedPicture(*truth[number], tuple(track.number for track in now), boxes), now)
    video.release()


def _numbered(annotations: Path) -> dict[int, tuple[tuple[int, ...], Floats]]:
    """The people of each annotated frame: their numbers, and (n, 4) boxes x1 y1 x2 y2."""
    frames: dict[int, tuple[tuple[int, ...], Floats]] = {}
    for frame in ElementTree.parse(annotations).getroot().iter("frame"):
        numbers = tuple(int(person.attrib["id"]) for person in frame.iter("object"))
        sizes = [[float(box.attrib[key]) for key in ("xc", "yc", "w", "h")] for box in frame.iter("box")]
        middle, half = np.hsplit(np.array(sizes, float).reshape(-1, 4) * (1, 1, 0.5, 0.5), 2)
        frames[int(frame.attrib["number"])] = (numbers, np.hstack([middle - half, middle + half]))
    return frames


class PetsCamera:
    """The fixed camera of PETS by its calibration (Tsai 1987), over flat ground: pose, ideal lens, and boxes in it."""

    def __init__(self, calibration: Path) -> None:
        root = ElementTree.parse(calibration).getroot()
        v = {key: float(value) for part in ("Geometry", "Intrinsic", "Extrinsic") for node in root.iter(part)
             for key, value in node.attrib.items()}  # fmt: skip
        self._v = v
        turns = [cv2.Rodrigues(np.array(axis) * v[name])[0] for axis, name in
                 (((0, 0, 1.0), "rz"), ((0, 1.0, 0), "ry"), ((1.0, 0, 0), "rx"))]  # fmt: skip
        rotation = np.asarray(turns[0] @ turns[1] @ turns[2], float)
        east_m, north_m, up_m = (-rotation.T @ (v["tx"], v["ty"], v["tz"]) / 1000).tolist()
        self.pose = CameraPose.from_quaternion(0.0, (east_m, north_m, up_m), quaternion_of(rotation.T), 0.05, 0.1)
        self._f_px = v["focal"] / v["dpy"]
        lens = Lens(2 * math.degrees(math.atan(768 / 2 / self._f_px)), 768, 576)
        grid = Grid(-100.0, -100.0, 1.0, 200, 200)
        everywhere = np.ones(grid.shape, np.bool_)
        flat = Town(grid, np.zeros(grid.shape, np.float32), everywhere, everywhere, (), ())
        self._places = Georeference(TownRays(flat), lens)

    def points(self, found: Detections) -> list[GroundPoint | None]:
        """Ground point of each detection of a frame."""
        return self._places.points(self._straightened(found), self.pose)

    def _straightened(self, found: Detections) -> Detections:
        """The boxes as seen by the ideal lens: undistorted, and centred on the middle of the picture."""
        v, corners = self._v, found.boxes_xyxy.reshape(-1, 2).astype(float)
        sensor = (corners - (v["cx"], v["cy"])) * (v["dpx"] / v["sx"], v["dpy"])
        ideal = sensor * (1 + v["kappa1"] * (sensor**2).sum(axis=1, keepdims=True)) / v["dpy"] + (383.5, 287.5)
        return Detections(ideal.reshape(-1, 4).astype(np.float32), found.scores, found.labels)
