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
from blindspot.vision.masking import Masker, sure_pose
from blindspot.vision.projection import CameraPose, ground_homography
from blindspot.vision.search import Search, level_in_view
from blindspot.vision.suspects import SuspectWatch
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

    def __init__(
        self, detector: Detector, town: Town, lens: Lens, labels: Collection[str], min_score: float = 0.35,
        budget_ms: float = 0.0,
    ) -> None:  # fmt: skip
        """`labels` are the kinds of object that may be reported, from `min_score` on; everything that the detector says
        may be there is masked, whatever they say (its own least score should be `suspects.LEAST_SCORE`). `budget_ms` is
        for the search, see `Search`."""
        self.lens = lens
        self.search = Search(detector, town, lens, budget_ms)
        self._town = town
        self._labels, self._min_score = frozenset(labels), min_score
        self._masker = Masker(town, lens)
        self._watch = SuspectWatch()
        self._tracker = Tracker()
        self._before: CameraPose | None = None

    def process(self, bgr: NDArray[np.uint8], stamp_s: float, pose: CameraPose | None) -> Analysis:
        """Analyse the picture taken at `stamp_s`; raises MaskingError, and then nothing of it may be used."""
        self._masker.check(bgr)
        pose = sure_pose(pose, stamp_s)
        keep = self._masker.keep(pose, stamp_s)
        found = self.search.detect(bgr, pose, keep)
        suspects = self._watch.update(stamp_s, bgr, found, self._from_before(pose))
        masked = self._masker.mask(bgr, suspects.found, pose, stamp_s, suspects.grow_px, keep)
        points = ground_points(found, pose, self.lens, self._town)
        told, seen = [], []
        for index, (label, point) in enumerate(zip(found.labels, points, strict=True)):
            if found.scores[index] < self._min_score or label not in self._labels or point is None:
                continue
            if self._town.is_allowed(point.east_m, point.north_m):
                told.append(index)
                seen.append((label, float(found.scores[index]), point))
        detections = Detections(found.boxes_xyxy[told], found.scores[told], tuple(found.labels[i] for i in told))
        return Analysis(detections, tuple(self._tracker.update(stamp_s, seen)), masked)

    def _from_before(self, pose: CameraPose) -> NDArray[np.float64] | None:
        """How the ground in view moved through the picture since the last one; None at the first."""
        before, self._before = self._before, pose
        if before is None:
            return None
        return ground_homography(before, pose, self.lens, level_in_view(self._town, pose, self.lens))
