"""What is made of one picture: detections, tracks over the ground, and the masked picture; one after the other, or
nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.optics import Lens
from blindspot.vision.detector import Detections, Detector
from blindspot.vision.georeference import ground_points
from blindspot.vision.masking import Masker
from blindspot.vision.projection import CameraPose
from blindspot.vision.town import Town
from blindspot.vision.tracking import Track, Tracker


@dataclass(frozen=True, slots=True)
class Analysis:
    """What may leave the drone of one picture: only what stands on public ground inside the perimeter."""

    detections: Detections
    tracks: tuple[Track, ...]
    masked: NDArray[np.uint8]


class Pipeline:
    """The eyes of one drone: detector, masking and tracker for one lens over one town. Feed it pictures in their
    order."""

    def __init__(self, detector: Detector, town: Town, lens: Lens, labels: Collection[str]) -> None:
        """`labels` are the kinds of object that may be reported; everything found is masked, whatever they say."""
        self.lens = lens
        self._detector = detector
        self._town = town
        self._labels = frozenset(labels)
        self._masker = Masker(town, lens)
        self._tracker = Tracker()

    def process(self, bgr: NDArray[np.uint8], stamp_s: float, pose: CameraPose | None) -> Analysis:
        """Analyse the picture taken at `stamp_s`; raises MaskingError, and then nothing of it may be used."""
        found = self._detector.detect(bgr)
        masked = self._masker.mask(bgr, found, pose, stamp_s)
        assert pose is not None
        points = ground_points(found, pose, self.lens, self._town)
        told, seen = [], []
        for index, (label, point) in enumerate(zip(found.labels, points, strict=True)):
            if label in self._labels and point is not None and self._town.is_allowed(point.east_m, point.north_m):
                told.append(index)
                seen.append((label, float(found.scores[index]), point))
        detections = Detections(found.boxes_xyxy[told], found.scores[told], tuple(found.labels[i] for i in told))
        return Analysis(detections, tuple(self._tracker.update(stamp_s, seen)), masked)
