"""Contrast that the published density leaves of stripes on a surface that faces the camera, and its cost.

Synthetic: the visible stripes are means over the pixels, the thermal ones clothes before a pavement by night, through
optics, noise and range of the simulated camera.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.site.ground.grid import Grid
from blindspot.vision.coarsen import Coarsener
from blindspot.vision.town.seen_town import Town
from blindspot_lab.bench.tools.target import Target

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]

MOST_PX_PER_M = 25.0
FLOWN_PX_PER_M = (51.0, 60.0)
WIDE_M = {0.02: "< 0.05", 0.08: ">= 0.7"}
"""Width of a stripe, and the goal for the share of its contrast that is left."""
POSES, RAYS = 10, 8
DARK, BRIGHT = 60.0, 200.0
COST_LENS, COST_GOAL_MS = Lens(35.0, 1280, 720), 4.0
_POSE = CameraPose(5.0, 0, 0, 51, 30.0, -90, position_std_m=1.0, attitude_std_deg=2.1, heading_std_deg=2.0)


@dataclass(frozen=True, slots=True)
class Eye:
    """A part from the middle of a camera's picture, and its picture of (h, w) shares of the brighter stripe in a pixel.
    `contrast` is that of the stripes before the camera, of 255."""

    name: str
    lens: Lens
    picture: Callable[[Floats], Picture]
    contrast: float


@dataclass(frozen=True, slots=True)
class Left:
    """Shares of the stripes' contrast in a picture: from the 5th to the 95th percentile, and by the RMS."""

    between: float
    rms: float


def published_targets() -> list[Target]:
    """For both cameras: most that is left of fine stripes, and least that is left of coarse ones, in POSES poses."""
    targets = []
    for eye in (_visible(), _thermal()):
        for wide_m, goal in WIDE_M.items():
            worst = max if goal.startswith("<") else min
            before, after = zip(*_left(eye, wide_m), strict=True)
            for about, of in (("5th to 95th percentile", "between"), ("RMS", "rms")):
                values = [worst(getattr(each, of) for each in lefts) for lefts in (before, after)]
                name = f"contrast left of stripes of {100 * wide_m:g} cm at 25 px/m, {eye.name}, {about}"
                is_met = values[1] < 0.05 if worst is max else values[1] >= 0.7
                targets += [
                    Target(name, goal, values[1], "", is_met),
                    Target("  in the camera's own picture", "reported", values[0], "", None),
                ]
    return [*targets, _cost()]


def _left(eye: Eye, wide_m: float) -> Iterator[tuple[Left, Left]]:
    """In each pose: what the camera's picture and the published one keep."""
    coarsener, rng = Coarsener(_flat_town(), eye.lens, MOST_PX_PER_M), np.random.default_rng(1)
    shown = np.full((eye.lens.height_px, eye.lens.width_px), 255, np.uint8)
    for _ in range(POSES):
        px_per_m, pitch_deg = rng.uniform(*FLOWN_PX_PER_M), rng.uniform(-90, -50)
        up_m = eye.lens.depth_for(px_per_m) * math.sin(math.radians(-pitch_deg))
        pose = replace(_POSE, up_m=up_m, pitch_deg=pitch_deg, heading_deg=rng.uniform(0, 360))
        picture = eye.picture(_stripes(eye.lens, px_per_m, wide_m, rng.uniform(0, math.pi)))
        published = coarsener.coarsen(np.repeat(picture[..., None], 3, axis=2), shown, pose)[..., 0]
        yield left_of(picture, eye.contrast), left_of(published, eye.contrast)


def left_of(picture: Picture, contrast: float) -> Left:
    """What a picture keeps of stripes of equal width that differ by `contrast`."""
    low, high = np.percentile(picture, (5, 95))
    return Left(float(high - low) / contrast, float(picture.std()) / (contrast / 2.0))


def _stripes(lens: Lens, px_per_m: float, wide_m: float, turn_rad: float) -> Floats:
    """(h, w) share of the brighter stripes in each pixel, by RAYS x RAYS rays."""
    u, v = ((np.arange(RAYS * side) + 0.5) / RAYS / px_per_m for side in (lens.width_px, lens.height_px))
    bright = np.floor((u[None] * math.cos(turn_rad) + v[:, None] * math.sin(turn_rad)) / wide_m) % 2
    return np.asarray(bright.reshape(lens.height_px, RAYS, lens.width_px, RAYS).mean(axis=(1, 3)))


def _visible() -> Eye:
    picture = lambda share: np.rint(DARK + (BRIGHT - DARK) * share).astype(np.uint8)  # noqa: E731
    return Eye("visible", Lens(4.5, 240, 136), picture, BRIGHT - DARK)


def _thermal() -> Eye:
    from blindspot_sim.pictures.heat import NIGHT, black_body
    from blindspot_sim.pictures.thermal import COUNTS, ThermalSensor, sensed

    cold, warm = NIGHT.radiance("pavement"), NIGHT.radiance("clothes", 3.0)
    low, high = map(black_body, NIGHT.range_c)
    rng = np.random.default_rng(2)

    def picture(share: Floats) -> Picture:
        return sensed((COUNTS * (cold + (warm - cold) * share)).astype(np.float32), NIGHT, ThermalSensor(), rng)

    return Eye("thermal", Lens(6.1, 160, 128), picture, 255.0 * (warm - cold) / (high - low))


def _flat_town() -> Town:
    grid = Grid(-100.0, -100.0, 0.5, 400, 400)
    public = np.ones(grid.shape, np.bool_)
    return Town(grid, np.zeros(grid.shape, np.float32), public, public, (), ())


def _cost() -> Target:
    """Processor time of a picture, the median over the poses."""
    coarsener, times_ms = Coarsener(_flat_town(), COST_LENS, MOST_PX_PER_M), []
    shape = COST_LENS.height_px, COST_LENS.width_px
    noise, shown = (
        np.random.default_rng(3).integers(0, 255, (*shape, 3)).astype(np.uint8),
        np.full(shape, 255, np.uint8),
    )
    for number in range(2 * POSES):
        pose = replace(_POSE, heading_deg=17.0 * number, pitch_deg=-50.0 - 2.0 * number)
        began_s = time.process_time()
        coarsener.coarsen(noise, shown, pose)
        times_ms.append(1e3 * (time.process_time() - began_s))
    cost_ms = float(np.median(times_ms))
    return Target("published density, 1280 x 720, CPU time, median", f"<= {COST_GOAL_MS:g}", cost_ms, "ms",
                  cost_ms <= COST_GOAL_MS)  # fmt: skip
