"""Thermal pictures of the town: the geometry of the visible ones, painted with radiances.

The picture is painted in the counts of a microbolometer, linear in the radiance from 8 to 14 um. Then follow the
optics, the slow answer of the pixels, noise, and the camera's fixed range of 8 bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, centre_px, project, unproject
from blindspot.vision.town import Surface, Town, Tree
from blindspot_sim.pictures.figures import Figure, Stroke, TrueBox, paint, strokes_of
from blindspot_sim.pictures.ground import GroundTones, ground_texture
from blindspot_sim.pictures.heat import NIGHT, Heat, black_body
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.shading import draw_windows, fill, ground_shade
from blindspot_sim.pictures.townscape import TEXEL_M, Townscape
from blindspot_sim.pictures.trees import strokes_of_tree
from blindspot_sim.pictures.vehicles import Vehicle

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

COUNTS = 200.0
"""Counts for 1 W/m2/sr. A black body of 54 C has 2 ** 14."""
GRAIN_K = 0.4
"""Standard deviation of the ground's temperature, fine and coarse."""
PERSONAL_K, OF_BUILDING_K = 3.0, 1.5
"""Greatest difference of a person's clothes, and of a building's walls and roof, from the usual temperature."""
OF_BODY = {"legs": "clothes", "arms": "clothes", "body": "clothes", "head": "skin", "hair": "hair"}
LAST_S = 1.5
"""Longest time between two poses whose motion counts."""
TRAIL = 4.0
"""Time constants after which a pixel has forgotten."""

STILL: Floats = np.ones((1, 1), np.float32)


@dataclass(frozen=True, slots=True)
class ThermalSensor:
    """An uncooled camera. `netd_k` is the temperature difference whose signal equals the noise, and `optics_px` the
    standard deviation of the lens's blur. `offset_k` raises every pixel, as a shutter event does, and `dead_rows`
    are black."""

    time_constant_s: float = 0.012
    netd_k: float = 0.05
    optics_px: float = 0.6
    offset_k: float = 0.0
    dead_rows: tuple[int, ...] = ()


class ThermalRenderer:
    """Pictures of one town through one lens, by its heat. Deterministic for a seed."""

    def __init__(
        self, town: Town, lens: Lens, seed: int = 0, heat: Heat = NIGHT, sensor: ThermalSensor = ThermalSensor()
    ) -> None:
        self._lens, self._seed, self._heat, self._sensor = lens, seed, heat, sensor
        self._townscape = Townscape(town, lens)
        self._warmer = np.random.default_rng([seed, 11]).uniform(-OF_BUILDING_K, OF_BUILDING_K, len(town.prisms))
        self._texture = self._ground_texture(town)

    def render(
        self, pose: CameraPose, people: Sequence[Person] = (), vehicles: Sequence[Vehicle] = (),
        before: CameraPose | None = None,
    ) -> Picture:  # fmt: skip
        """The camera's view at one moment: (height, width) of one channel. `before` is the pose a moment earlier: the
        motion since then blurs the picture."""
        counts = self._ground(pose)
        for part in self._townscape.far_to_near(pose, [*people, *vehicles]):
            if isinstance(part, Surface):
                self._building(counts, part)
            elif isinstance(part, Tree):
                self._paint(counts, strokes_of_tree(part, pose, self._lens))
            else:
                self._figure(counts, part, pose)
        trail = trail_of(self._speed_px(pose, before), self._sensor.time_constant_s)
        rng = np.random.default_rng([self._seed, round(abs(pose.stamp_s) * 1000)])
        return sensed(counts.astype(np.float32), self._heat, self._sensor, rng, trail)

    def true_boxes(
        self, pose: CameraPose, people: Sequence[Person] = (), vehicles: Sequence[Vehicle] = ()
    ) -> tuple[TrueBox, ...]:
        """The ground truth of `render`."""
        return self._townscape.true_boxes(pose, [*people, *vehicles])

    def _counts(self, surface: str, warmer_k: float = 0.0, *, is_driving: bool = False) -> int:
        return round(COUNTS * self._heat.radiance(surface, warmer_k, is_driving=is_driving))

    def _ground_texture(self, town: Town) -> NDArray[np.uint16]:
        grain = self._counts("street", GRAIN_K) - self._counts("street")
        tones = GroundTones(self._counts("grass"), self._counts("pavement"), self._counts("street"), grain)
        texture = ground_texture(town, self._seed, TEXEL_M, tones)
        colder = self._counts("street") - self._counts("street", -self._heat.shade_k)
        if colder:
            texture -= (ground_shade(town, texture.shape, TEXEL_M) * (colder / 255.0)).astype(np.uint16)
        return texture

    def _ground(self, pose: CameraPose) -> NDArray[np.uint16]:
        counts = self._townscape.ground(self._texture, (self._counts("grass"),), pose)
        if (sky := self._townscape.sky(pose)) is not None:
            counts[sky] = round(COUNTS * black_body(self._heat.sky_c))
        return np.asarray(counts, np.uint16)

    def _building(self, counts: NDArray[np.uint16], surface: Surface) -> None:
        kind = "roof" if surface.facing_deg is None else "wall"
        fill(counts, surface.rings, self._counts(kind, float(self._warmer[surface.building])))
        draw_windows(counts, surface, self._counts("window"))

    def _figure(self, counts: NDArray[np.uint16], figure: Figure, pose: CameraPose) -> None:
        strokes = strokes_of(figure, pose, self._lens)
        if isinstance(figure, Vehicle):
            self._paint(counts, strokes, is_driving=figure.is_driving)
        else:
            self._paint(counts, strokes, PERSONAL_K * (figure.number * 5 % 7 - 3) / 3.0)

    def _paint(
        self, counts: NDArray[np.uint16], strokes: Sequence[Stroke], clothes_k: float = 0.0, *, is_driving: bool = False
    ) -> None:
        for stroke in strokes:
            surface = OF_BODY.get(stroke.part, stroke.part)
            warmer_k = clothes_k if surface == "clothes" else 0.0
            paint(counts, [stroke], self._counts(surface, warmer_k, is_driving=is_driving))

    def _speed_px(self, pose: CameraPose, before: CameraPose | None) -> NDArray[np.float64]:
        """Speed of the picture's middle, px/s; 0 if the motion is unknown."""
        still, middle = np.zeros(2), np.array([centre_px(self._lens)])
        if before is None or not 0.0 < pose.stamp_s - before.stamp_s <= LAST_S:
            return still
        at_m = unproject(middle, pose, self._lens, self._townscape.level_m)
        if not np.isfinite(at_m).all():
            return still
        (was,), (depth_m,) = project([(*at_m[0], self._townscape.level_m)], before, self._lens)
        return still if depth_m <= 0 else (middle[0] - was) / (pose.stamp_s - before.stamp_s)


def sensed(
    counts: Floats, heat: Heat, sensor: ThermalSensor, rng: np.random.Generator, trail: Floats = STILL
) -> Picture:
    """The camera's picture of (h, w) counts before its lens: optics, slow pixels, noise, and the range of 8 bits."""
    seen = cv2.GaussianBlur(counts, (0, 0), sensor.optics_px)
    if trail.size > 1:
        seen = cv2.filter2D(seen, -1, trail, borderType=cv2.BORDER_REPLICATE)
    low, high = (COUNTS * black_body(celsius) for celsius in heat.range_c)
    of_kelvin = COUNTS * (black_body(27.5) - black_body(26.5))
    noise_k = sensor.netd_k * rng.standard_normal(seen.shape, np.float32) + np.float32(sensor.offset_k)
    seen = (np.asarray(seen, np.float32) + noise_k * np.float32(of_kelvin) - low) / (high - low)
    picture = np.clip(np.rint(255.0 * seen), 0, 255).astype(np.uint8)
    picture[list(sensor.dead_rows)] = 0
    return np.asarray(picture, np.uint8)


def trail_of(speed_px: NDArray[np.float64], time_constant_s: float) -> Floats:
    """The picture of a point that moves with this speed (u, v in px/s) and is at the middle now, seen by pixels with
    this time constant, turned for a correlation: they answer to a step by 1 - exp(-t / time_constant_s)."""
    reach_px = TRAIL * time_constant_s * speed_px
    side = math.ceil(float(np.abs(reach_px).max()))
    kernel: NDArray[Any] = np.zeros((2 * side + 1, 2 * side + 1), np.float32)
    steps = max(1, 4 * side)
    for ago in (np.arange(steps) + 0.5) * TRAIL / steps:  # in time constants
        u, v = side + ago * time_constant_s * speed_px
        col, row = int(u), int(v)
        for at_row, down in ((row, 1.0 - (v - row)), (row + 1, v - row)):
            for at_col, right in ((col, 1.0 - (u - col)), (col + 1, u - col)):
                if down * right > 0.0:
                    kernel[at_row, at_col] += math.exp(-ago) * down * right
    return np.asarray(kernel / kernel.sum(), np.float32)
