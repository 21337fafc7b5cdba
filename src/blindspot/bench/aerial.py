"""How well people and cars are found in rendered pictures from the air. Synthetic: what a network makes of drawn figures
says little about what it makes of people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.optics import Lens
from blindspot.vision.detector import Detections
from blindspot.vision.models import VEHICLES
from blindspot.vision.projection import CameraPose
from blindspot.vision.town import Town

Floats = NDArray[np.float64]
Find = Callable[["Scene"], Detections]

PEOPLE, CARS = 12, 600
"""People around the middle of each view; cars in all streets of the town."""
SEEN, IGNORED = 0.6, 0.01
"""A figure of which so much is seen is to be found; one of which less is seen may be."""
MIN_IOU = 0.5
KINDS = {"person": frozenset({"person"}), "vehicle": VEHICLES}


@dataclass(frozen=True, slots=True)
class Scene:
    """One rendered picture, where it was taken from, and what it shows."""

    picture: NDArray[np.uint8]
    pose: CameraPose
    truth: tuple[Any, ...]


def scenes(town: Town, lens: Lens, px_per_m: float, count: int, seed: int) -> Iterator[Scene]:
    """Views at a density in their middle that look down by 45 to 60 deg at allowed ground on or beside a street."""
    from blindspot_sim.renderer import Renderer
    from blindspot_sim.vehicles import Vehicles

    renderer, rng = Renderer(town, lens, seed), np.random.default_rng([seed, 31])
    cars = Vehicles(town, CARS, seed)
    cells = np.flatnonzero(town.allowed)
    depth_m = lens.depth_for(px_per_m)
    for number in range(count):
        there = cars.at(10.0 * number)
        aim_m = _aim(town, there, cells, rng)
        pose = _looking_at(aim_m, town.ground_at(*aim_m) or 0.0, depth_m, float(number), rng)
        people = _people(town, aim_m, min(0.25 * depth_m, 40.0), cells, rng)
        yield Scene(renderer.render(pose, people, there), pose, renderer.true_boxes(pose, people, there))


def _aim(town: Town, cars: Sequence[Any], cells: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """Beside one of the cars that stand on allowed ground."""
    allowed = [car for car in cars if town.is_allowed(car.east_m, car.north_m)]
    if not allowed:
        return town.grid.centres(rng.choice(cells, 1))[0]
    car = allowed[int(rng.integers(len(allowed)))]
    return np.array([car.east_m, car.north_m]) + rng.uniform(-4, 4, 2)


def _people(town: Town, aim_m: Floats, around_m: float, cells: NDArray[np.intp], rng: np.random.Generator) -> list[Any]:
    from blindspot_sim.people import Person

    near = cells[np.hypot(*(town.grid.centres(cells) - aim_m).T) < around_m]
    if not len(near):
        return []
    places = town.grid.centres(rng.choice(near, PEOPLE))
    return [
        Person(int(rng.integers(1000)), east_m, north_m, town.ground_at(east_m, north_m) or 0.0,
               float(rng.uniform(0, 360)), float(rng.normal(1.7, 0.08)))
        for east_m, north_m in places.tolist()
    ]  # fmt: skip


def _looking_at(
    aim_m: Floats, ground_m: float, depth_m: float, stamp_s: float, rng: np.random.Generator
) -> CameraPose:
    heading_deg, down_deg = float(rng.uniform(0, 360)), float(rng.uniform(45, 60))
    heading, down = np.radians(heading_deg), np.radians(down_deg)
    east_m, north_m = aim_m - depth_m * np.cos(down) * np.array([np.sin(heading), np.cos(heading)])
    up_m = ground_m + depth_m * np.sin(down)
    return CameraPose(stamp_s, float(east_m), float(north_m), up_m, heading_deg, -down_deg, 0.0, 0.3, 0.3)


@dataclass(frozen=True, slots=True)
class Curve:
    """What was claimed of one kind over many pictures: (n,) scores, best first, whether each was right, and how many
    there were to be found."""

    scores: Floats
    hits: NDArray[np.bool_]
    total: int

    def precision_recall(self, least: float) -> tuple[float, float]:
        """Of all claims of at least this score."""
        claimed = self.scores >= least
        right = int((self.hits & claimed).sum())
        return right / max(int(claimed.sum()), 1), right / max(self.total, 1)

    def score_for(self, precision: float) -> float:
        """The least score from which on so many claims are right; infinite where none is."""
        right = np.cumsum(self.hits) / np.arange(1, len(self.hits) + 1)
        enough = np.flatnonzero(right >= precision)
        return float(self.scores[enough[-1]]) if len(enough) else float("inf")


def curve_of(found: Sequence[Detections], truth: Sequence[Sequence[Any]], kind: str) -> Curve:
    """Each true box is found once, by the best claim that overlaps it enough; claims on what is hardly seen count for
    nothing."""
    claims, total = [], 0
    for detections, boxes in zip(found, truth, strict=True):
        mine = [box for box in boxes if box.label in KINDS[kind]]
        total += sum(box.seen >= SEEN for box in mine)
        claims += _claims(detections, mine, kind)
    claims.sort(key=lambda claim: -claim[0])
    return Curve(np.array([score for score, _ in claims]), np.array([hit for _, hit in claims], bool), total)


def _claims(found: Detections, truth: Sequence[Any], kind: str) -> list[tuple[float, bool]]:
    from blindspot.bench.vision import iou

    boxes = np.array([box.box_xyxy for box in truth], np.float32).reshape(-1, 4)
    free = np.array([box.seen >= SEEN for box in truth], bool)
    claims = []
    for box, score, label in zip(found.boxes_xyxy, found.scores.tolist(), found.labels, strict=True):
        if label not in KINDS[kind]:
            continue
        overlap = iou(box, boxes)
        best = int(np.argmax(np.where(free, overlap, -1.0))) if len(boxes) else 0
        is_hit = bool(len(boxes)) and bool(free[best]) and overlap[best] >= MIN_IOU
        if is_hit:
            free[best] = False
        elif any(o >= MIN_IOU and t.seen < SEEN for o, t in zip(overlap.tolist(), truth, strict=True)):
            continue
        claims.append((score, is_hit))
    return claims
