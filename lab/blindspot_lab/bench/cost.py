"""CPU cost of a town's cameras against their number, and against the ground that each of them sees."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from blindspot.core.folders import CONFIG_DIR
from blindspot.coverage.ground.site_survey import bounds_for
from blindspot.coverage.sight.fixed import enter, sight_of, why_left_out
from blindspot.site.ground.grid import HeightField
from blindspot.site.load import load_site
from blindspot.site.relief.raster import height_field
from blindspot.site.town.model import FixedCamera, Site
from blindspot_lab.bench.tools.target import Target

PLOT = Path("runs") / "bench" / "cost.png"
STEP = 10
REPEATS = 9
RANGES_M = (10.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 130.0, 160.0, 200.0)
"""Ranges set for all cameras in turn: the seen area varies while the places stay the same."""
LEAST_R2 = 0.98
SIZE_PX = (640, 440)
LEFT, TOP, RIGHT, BOTTOM = 80, 62, 620, 382
INK, POINT, LINE, FAINT = "#222222", "#0072b2", "#d55e00", "#dddddd"


@dataclass(frozen=True, slots=True)
class Series:
    """Measured points, CPU time against `x`, and the straight line through them."""

    name: str
    x_name: str
    unit: str
    x: tuple[float, ...]
    cpu_ms: tuple[float, ...]

    @property
    def line(self) -> tuple[float, float]:
        """(ms at 0, ms a unit of x) of least squares."""
        slope, start = np.polyfit(self.x, self.cpu_ms, 1)
        return float(start), float(slope)

    @property
    def r2(self) -> float:
        """The share of the scatter that the line explains, 0..1."""
        return float(np.corrcoef(self.x, self.cpu_ms)[0, 1] ** 2)


def run() -> list[Target]:
    """Measure on Nantes, and draw the plot. Raises OSError if the plot is not writable."""
    series = measure(load_site(CONFIG_DIR / "sites" / "nantes"))
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    draw(series, PLOT)
    print(f"wrote {PLOT}", file=sys.stderr)
    return [Target(f"{one.name}: r2 of the line", f">= {LEAST_R2}", one.r2, "", one.r2 >= LEAST_R2) for one in series]


def measure(site: Site) -> tuple[Series, Series]:
    """CPU time of one thread, median of `REPEATS`: against the number of cameras, and against the ground seen."""
    field = height_field(site, bounds_for([site], site.area_of_interest))
    cameras = [camera for camera in site.cameras if not why_left_out(camera, field.grid)]
    mixed = [cameras[k] for k in np.random.default_rng(7).permutation(len(cameras))]
    _cost(mixed, field)
    numbers = range(STEP, len(mixed) + 1, STEP)
    by_number = [_cost(mixed[:number], field)[0] for number in numbers]
    by_range = [_cost([replace(camera, range_m=range_m) for camera in mixed], field) for range_m in RANGES_M]
    return (
        Series(
            "Nantes: cost against the number of cameras", "cameras", "camera",
            tuple(map(float, numbers)), tuple(by_number),
        ),
        Series(
            "Nantes: cost of a camera against what it sees", "ground that it sees, 1000 m2", "1000 m2",
            tuple(area_m2 / len(mixed) / 1000 for _, area_m2 in by_range), tuple(ms / len(mixed) for ms, _ in by_range),
        ),
    )  # fmt: skip


def _cost(cameras: Sequence[FixedCamera], field: HeightField) -> tuple[float, float]:
    """(CPU ms, m2 seen) of all cameras together."""
    density, count = np.zeros(field.grid.shape, np.float32), np.zeros(field.grid.shape, np.uint8)
    times_s, cells = [], 0
    for _ in range(REPEATS):
        start_s = time.thread_time()
        cells = sum(enter(sight_of(camera, field), field, density, count) for camera in cameras)
        times_s.append(time.thread_time() - start_s)
    return 1e3 * float(np.median(times_s)), cells * field.grid.cell_area_m2


def draw(series: Sequence[Series], path: Path) -> None:
    """Draw the points and their lines, side by side."""
    width, height = SIZE_PX
    picture = Image.new("RGB", (width * len(series), height), "white")
    for number, one in enumerate(series):
        picture.paste(_chart(one), (number * width, 0))
    picture.save(path)


def _chart(series: Series) -> Image.Image:
    picture = Image.new("RGB", SIZE_PX, "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    start, slope = series.line
    x_step = _tick(max(series.x))
    x_max = np.ceil(max(series.x) / x_step) * x_step
    highest_ms = max(*series.cpu_ms, start + slope * x_max)
    y_step = _tick(highest_ms)
    y_max = np.ceil(highest_ms / y_step) * y_step

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + (RIGHT - LEFT) * x / x_max, BOTTOM - (BOTTOM - TOP) * y / y_max

    for x in np.arange(0, x_max + x_step / 2, x_step).tolist():
        pen.line([at(x, 0), at(x, y_max)], FAINT)
        pen.text((at(x, 0)[0], BOTTOM + 6), f"{x:g}", INK, font, anchor="ma")
    for y in np.arange(0, y_max + y_step / 2, y_step).tolist():
        pen.line([at(0, y), at(x_max, y)], FAINT)
        pen.text((LEFT - 8, at(0, y)[1]), f"{y:.3g}", INK, font, anchor="rm")
    pen.line([at(0, start), at(x_max, start + slope * x_max)], LINE, 2)
    for point in zip(series.x, series.cpu_ms, strict=True):
        pen.circle(at(*point), 4, POINT)
    pen.line([at(0, y_max), at(0, 0), at(x_max, 0)], INK)
    pen.text((LEFT, 12), series.name, INK, ImageFont.load_default(16))
    pen.text((LEFT, 33), f"{start:.2g} ms + {slope:.3g} ms a {series.unit}, r2 = {series.r2:.4f}", LINE, font)
    pen.text(((LEFT + RIGHT) / 2, BOTTOM + 28), series.x_name, INK, font, anchor="ma")
    pen.text((LEFT - 8, 33), "CPU ms", INK, font, anchor="ra")
    return picture


def _tick(largest: float) -> float:
    """A round step that divides an axis into 4 to 10."""
    power = 10.0 ** np.floor(np.log10(largest))
    return float(next(power * part for part in (2, 1, 0.5, 0.2) if largest / (power * part) >= 4))
