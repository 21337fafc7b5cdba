"""Training pictures: views of random towns, each changed in light, colour, sharpness and noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.vision.town.seen_town import Town
from blindspot_lab.training.network import DRAWN
from blindspot_lab.training.sample import CROP_PX, UNSURE, Sample, inside
from blindspot_lab.training.towns import random_town
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.renderer import Renderer
from blindspot_sim.pictures.vehicles import Vehicle, Vehicles, is_clear

SIDE_PX = 320
LENS = Lens(10.0, SIDE_PX, SIDE_PX)
DENSITY_PX_PER_M = (9.0, 60.0)
DOWN_DEG = (35.0, 75.0)
VIEWS_A_TOWN, PEOPLE = 25, 12
CARS = (60, 240)
HOUSES_SHARE = 0.3
CLASSES = DRAWN.classes
DARK_SHARE = 0.15
SEEN = 0.5
"""Figures with a smaller visible share are ignored in the training, both as examples and as counter-examples."""


class Renderings:
    """Rendered pictures, and batches of changed ones."""

    def __init__(self, count: int, seed: int) -> None:
        self._pool = list(rendered(count, seed))

    def batch(self, rng: np.random.Generator, count: int) -> list[Sample]:
        return [changed(self._pool[k], rng) for k in rng.integers(0, len(self._pool), count)]


def rendered(count: int, seed: int) -> Iterator[Sample]:
    """`count` views, determined by the seed."""
    rng = np.random.default_rng([seed, 41])
    for number in range(count):
        if number % VIEWS_A_TOWN == 0:
            town = random_town(rng)
            renderer = Renderer(town, LENS, int(rng.integers(1 << 30)))
            cars = Vehicles(town, int(rng.integers(*CARS)), int(rng.integers(1 << 30)))
        there = cars.at(float(rng.uniform(0, 1000)))
        aim_m = _aim(town, there, rng)
        pose, people = _looking_at(aim_m, float(number), rng), _people(town, there, aim_m, rng)
        truth = renderer.true_boxes(pose, people, there)
        numbers = [(CLASSES.index(box.label), box.seen >= SEEN) for box in truth]
        classes = [number if is_seen else UNSURE - number for number, is_seen in numbers]
        boxes = np.array([box.box_xyxy for box in truth], np.float32).reshape(-1, 4)
        yield Sample(renderer.render(pose, people, there), boxes, np.array(classes, np.int64))


def _aim(town: Town, cars: Sequence[Vehicle], rng: np.random.Generator) -> NDArray[np.float64]:
    """A car, or the foot of a house, since the network also has to learn the background."""
    if rng.random() < HOUSES_SHARE or not cars:
        ring = town.prisms[int(rng.integers(len(town.prisms)))].rings[0]
        return np.asarray(ring[int(rng.integers(len(ring)))])
    car = cars[int(rng.integers(len(cars)))]
    return np.array([car.east_m, car.north_m])


def _looking_at(aim_m: NDArray[np.float64], stamp_s: float, rng: np.random.Generator) -> CameraPose:
    depth_m = LENS.depth_for(float(np.exp(rng.uniform(*np.log(DENSITY_PX_PER_M)))))
    heading_deg, down_deg = float(rng.uniform(0, 360)), float(rng.uniform(*DOWN_DEG))
    heading, down = np.radians(heading_deg), np.radians(down_deg)
    aim_m = aim_m + rng.uniform(-4, 4, 2)
    east_m, north_m = aim_m - depth_m * np.cos(down) * np.array([np.sin(heading), np.cos(heading)])
    return CameraPose(stamp_s, float(east_m), float(north_m), depth_m * float(np.sin(down)), heading_deg, -down_deg)


def _people(town: Town, cars: Sequence[Vehicle], aim_m: NDArray[np.float64], rng: np.random.Generator) -> list[Person]:
    cells = np.flatnonzero(town.public)
    near = cells[np.hypot(*(town.grid.centres(cells) - aim_m).T) < 12.0]
    if not len(near):
        return []
    return [
        Person(int(rng.integers(1000)), east_m, north_m, 0.0, float(rng.uniform(0, 360)), float(rng.normal(1.7, 0.1)))
        for east_m, north_m in town.grid.centres(rng.choice(near, PEOPLE)).tolist()
        if is_clear(east_m, north_m, cars)
    ]


def changed(sample: Sample, rng: np.random.Generator) -> Sample:
    """A crop of CROP_PX squared, randomly mirrored and with random light, colour, sharpness and noise."""
    left, top = (int(offset) for offset in rng.integers(0, SIDE_PX - CROP_PX + 1, 2))
    picture = sample.picture[top : top + CROP_PX, left : left + CROP_PX]
    boxes = sample.boxes_xyxy - np.array([left, top, left, top], np.float32)
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
        boxes = np.stack([CROP_PX - boxes[:, 2], boxes[:, 1], CROP_PX - boxes[:, 0], boxes[:, 3]], axis=1)
    toned = cv2.LUT(_colourful(np.ascontiguousarray(picture), rng.uniform(0.5, 1.5)), _tones(rng))
    if rng.random() < 0.5:
        toned = cv2.GaussianBlur(toned, (0, 0), rng.uniform(0.3, 1.2))
    noisy = toned + np.float32(rng.uniform(0, 6)) * rng.standard_normal(toned.shape, np.float32)
    return Sample(np.clip(noisy, 0, 255).astype(np.uint8), *inside(boxes, sample.classes))


def _colourful(picture: NDArray[np.uint8], times: float) -> NDArray[np.uint8]:
    """The picture with its saturation multiplied by `times`."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.addWeighted(picture, times, grey, 1.0 - times, 0.0), np.uint8)


def _tones(rng: np.random.Generator) -> NDArray[np.float32]:
    """(1, 256, 3) look-up table of each channel: random contrast and white balance, sometimes dusk."""
    tones = 255.0 * (np.arange(256.0) / 255.0) ** rng.uniform(0.7, 1.5)
    tones = tones[:, None] * rng.uniform(0.85, 1.15, 3) + rng.uniform(-15, 15)
    if rng.random() < DARK_SHARE:
        tones = tones * rng.uniform(0.25, 0.8)
    return tones[None].astype(np.float32)
