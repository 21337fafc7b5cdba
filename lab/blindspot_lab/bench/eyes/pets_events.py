"""Events on PETS 2009 S2.L1: by detector and tracker, and by the same rules on the annotated people.

The annotations hold people but no events. The figures therefore measure the errors that detector and tracker add, and
leave open whether the rules are right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from shapely.geometry import box

from blindspot.vision.events.episodes import Stage
from blindspot.vision.events.rules import PeopleCrowd, PersonLies, ZoneIsEntered
from blindspot.vision.events.settings import CrowdDensity, PersonOnGround, ZoneEntered
from blindspot.vision.events.tracking import Track, TrackState
from blindspot.vision.events.watch import EventWatch
from blindspot.vision.events.zones import Zone
from blindspot.vision.models.detector import Detections
from blindspot_lab.bench.eyes.pets_tracks import Frame, PetsCamera
from blindspot_lab.bench.tools.target import Target

CROSSING = Zone("crossing", box(-14.0, -12.0, -4.0, -2.0))
"""Ten metres square, where the paths of the sequence meet."""
ENTERED = ZoneEntered(zones="", inertia_s=0.4, cooling_s=1.0)
CROWDED = CrowdDensity(people=4, radius_m=3.0, inertia_s=0.5, cooling_s=1.0)
LYING = PersonOnGround(inertia_s=3.0)
KINDS = ("zone_entered", "crowd_density", "person_on_ground")


@dataclass(frozen=True, slots=True)
class Course:
    """Events of one kind: the number of starts, and the frames during an event."""

    begins: int
    frames: frozenset[int]


def event_targets(frames: Sequence[Frame], folder: Path) -> list[Target]:
    camera = PetsCamera(folder / "View_001.xml")
    found = courses((frame, frame.tracks) for frame in frames)
    true = courses((frame, annotated(frame, camera)) for frame in frames)
    targets = []
    for kind in KINDS:
        agreed = 1 - len(found[kind].frames ^ true[kind].frames) / len(frames)
        name = f"event {kind}, PETS S2.L1, {true[kind].begins} by its annotations: found"
        targets.append(Target(name, "reported", found[kind].begins, "times", None))
        targets.append(Target("  frames in which both say the same", "reported", 100 * agreed, "%", None))
    return targets


def courses(frames: Iterable[tuple[Frame, Sequence[Track]]]) -> dict[str, Course]:
    """Events over a sequence, from the tracks of each frame."""
    watch = EventWatch([
        ("zone_entered", ENTERED, ZoneIsEntered(ENTERED, [CROSSING])),
        ("crowd_density", CROWDED, PeopleCrowd(CROWDED)),
        ("person_on_ground", LYING, PersonLies(LYING)),
    ])  # fmt: skip
    begun = dict.fromkeys(KINDS, 0)
    during: dict[str, set[int]] = {kind: set() for kind in KINDS}
    going: dict[int, str] = {}
    for frame, tracks in frames:
        for event in watch.update(frame.stamp_s, tracks):
            begun[event.kind] += event.stage is Stage.NEW
            if event.stage is Stage.END:
                going.pop(event.number, None)
            else:
                going[event.number] = event.kind
        for kind in going.values():
            during[kind].add(frame.number)
    return {kind: Course(begun[kind], frozenset(during[kind])) for kind in KINDS}


def annotated(frame: Frame, camera: PetsCamera) -> list[Track]:
    """The annotated people as perfect tracks."""
    numbers, boxes = frame.picture.true_numbers, frame.picture.true_boxes
    found = Detections(boxes.astype(np.float32), np.ones(len(boxes), np.float32), ("person",) * len(boxes))
    still, unknown = np.zeros(2), np.eye(2)
    return [
        Track(number, TrackState.UPDATE, "person", 1.0, point, still, unknown, 0.0, frame.stamp_s, index)
        for index, (number, point) in enumerate(zip(numbers, camera.points(found), strict=True))
        if point is not None
    ]
