"""The processing of one picture into detections, tracks over the ground, events and the masked picture.

If one step fails, the picture yields no result at all.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, ground_homography
from blindspot.vision.coarsen import Coarsener
from blindspot.vision.events.episodes import Event
from blindspot.vision.events.tracking import UNSURE_SCORE, Track, Tracker
from blindspot.vision.events.watch import EventWatch
from blindspot.vision.mask_audit import Audit, MaskAudit
from blindspot.vision.mask_candidates import SuspectWatch
from blindspot.vision.masking import Masker, sure_pose
from blindspot.vision.models.detector import Detections
from blindspot.vision.models.warm_spots import WarmSpots
from blindspot.vision.town.first_hit import TownRays
from blindspot.vision.town.georeference import Georeference
from blindspot.vision.town.search import Search, Searcher, level_in_view
from blindspot.vision.town.seen_town import Town


@dataclass(frozen=True, slots=True)
class Analysis:
    """The results of one picture that may leave the drone: objects on public ground inside the perimeter only."""

    detections: Detections
    tracks: tuple[Track, ...]
    events: tuple[Event, ...]
    masked: NDArray[np.uint8]
    audit: Audit


class Pipeline:
    """Detector, masking and tracker of one drone, for one lens over one town. Feed it pictures in order of time."""

    def __init__(
        self, detector: Searcher, town: Town, lens: Lens, labels: Collection[str], min_score: float = 0.35,
        budget_ms: float = 0.0, events: EventWatch | None = None, publish_px_per_m: float = math.inf,
        *, warm_spots: bool = False,
    ) -> None:  # fmt: skip
        """Set up the processing chain.

        Parameters
        ----------
        detector
            The network. Its own least score should be `mask_candidates.LEAST_SCORE`.
        town, lens
            The town around the perimeter, and the lens of the pictures.
        labels
            Kinds of object that may be reported. Masking covers every candidate of the detector, whatever its kind.
        min_score
            Least score of a reported detection and of a new track; a lower score may continue a track.
        budget_ms
            Processor time of the search per picture, see `Search`.
        events
            Watch for events in the tracks.
        publish_px_per_m
            Highest pixel density of a surface in the masked picture. The search uses the whole picture.
        warm_spots
            Whether the warm spots of thermal pictures are masked, too.
        """
        self.lens = lens
        self.search = Search(detector, town, lens, budget_ms)
        self._town = town
        self._labels, self._min_score = frozenset(labels), min_score
        self._masker, self._audit = Masker(town, lens), MaskAudit(town, lens)
        self._coarsener = Coarsener(town, lens, publish_px_per_m)
        self._watch = SuspectWatch()
        self._warm = WarmSpots(lens) if warm_spots else None
        self._places = Georeference(TownRays(town), lens)
        self._tracker, self._events = Tracker(min_score), events
        self._before: CameraPose | None = None

    def process(self, bgr: NDArray[np.uint8], stamp_s: float, pose: CameraPose | None) -> Analysis:
        """Analyse the (h, w, 3) BGR picture taken at `stamp_s`. After a MaskingError the picture must be dropped."""
        self._masker.check(bgr)
        pose = sure_pose(pose, stamp_s)
        if self._before is not None and stamp_s < self._before.stamp_s:
            self._tracker.set_back()
        drift_mps = self._drift_mps(pose)
        keep = self._masker.keep(pose, stamp_s)
        found = self.search.detect(bgr, pose, keep)
        suspects = self._watch.update(stamp_s, bgr, found, self._from_before(pose))
        shown = self._masker.shown(suspects.found, pose, stamp_s, suspects.grow_px, keep)
        if self._warm is not None:
            shown[self._warm.hidden(bgr, pose, level_in_view(self._town, pose, self.lens)) > 0] = 0
        masked = self._coarsener.coarsen(bgr, shown, pose)
        audit = self._audit.look(masked, keep, pose)
        audit.refuse_clear()
        reported, seen = [], []
        for index, (label, point) in enumerate(zip(found.labels, self._places.points(found, pose), strict=True)):
            score = float(found.scores[index])
            if point is None or label not in self._labels or score < min(UNSURE_SCORE, self._min_score):
                continue
            if self._town.is_allowed(point.east_m, point.north_m):
                seen.append((label, score, point))
                if score >= self._min_score:
                    reported.append(index)
        labels = tuple(found.labels[i] for i in reported)
        detections = Detections(found.boxes_xyxy[reported], found.scores[reported], labels)
        tracks = self._tracker.update(stamp_s, seen, drift_mps)
        now = [track for track in tracks if track.index >= 0]
        events = [] if self._events is None else self._events.update(stamp_s, now)
        return Analysis(detections, tuple(tracks), tuple(events), masked, audit)

    def _drift_mps(self, pose: CameraPose) -> float:
        """Apparent velocity of the ground, m/s, from an aim error that changes along the drone's way."""
        before = self._before
        if before is None or pose.stamp_s <= before.stamp_s:
            return 0.0
        way_m = float(np.linalg.norm(pose.position_m - before.position_m))
        return math.radians(pose.attitude_std_deg) * way_m / (pose.stamp_s - before.stamp_s)

    def _from_before(self, pose: CameraPose) -> NDArray[np.float64] | None:
        """Homography of the ground from the previous picture to this one; None for the first picture."""
        before, self._before = self._before, pose
        if before is None:
            return None
        return ground_homography(before, pose, self.lens, level_in_view(self._town, pose, self.lens))
