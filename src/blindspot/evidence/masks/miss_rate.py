"""Published miss rates of the masking, and the selection of the rate that applies to a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import ceil
from pathlib import Path
from typing import Literal

from pydantic import Field

from blindspot.camera import Sensor
from blindspot.core import Section, folders, read_yaml
from blindspot.evidence.observed.event_log import RunEvent
from blindspot.law.airspace import sun_height_deg
from blindspot.mission import DensityBand, Origin
from blindspot.site import LocalFrame

FILE = folders.LAW_DIR / "miss_rates.yaml"
MODEL_LINE = "pictures are searched with the model "
"""A detector logs this text at start-up, followed by the model's name."""
Light = Literal["day", "dusk", "haze", "night"]
DAY_DEG = 6.0
"""Height of the sun from which on it is day. Below it the shadows are long, and the figures of dusk count."""
DUSK_DEG = -4.0
"""Height of the sun with which the figures of dusk were measured; below it no figure is known."""
NOT_MEASURED = "not measured"


class Rate(Section):
    """One measured miss rate and its conditions."""

    model: str = Field(description="Of config/models.yaml")
    seen_from: Literal["air", "fixed_camera"]
    pictures: Literal["real", "synthetic"]
    source: str = Field(description="Which pictures")
    sensor: Sensor = "visible"
    light: Light
    px_per_m: float = Field(gt=0, description="Pixel density at the heads")
    heads: int = Field(gt=0)
    missed: float = Field(ge=0, le=1, description="Share of heads that were not hidden to 95 %")


class Rates(Section):
    schema_: Literal["blindspot.miss_rates/1"] = Field(alias="schema")
    rates: tuple[Rate, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """The conditions of the pictures of a flight: the cameras' sensor, and each light from start to end."""

    sensor: Sensor
    lights: tuple[Light, ...]

    def __str__(self) -> str:
        """\"night\", or \"thermal, night\"."""
        return ", ".join([*([] if self.sensor == "visible" else [self.sensor]), " and ".join(self.lights)])


@dataclass(frozen=True, slots=True)
class MissFigure:
    """A figure for the report, and a note on its basis."""

    value: str
    note: str
    worst: Rate | None = None
    """The rate that `value` states."""

    def as_dict(self) -> dict[str, str]:
        """The figure and the note of a summary."""
        return {"value": self.value, "note": self.note}


def seen_by(sensors: Iterable[Sensor | None], origin: Origin | LocalFrame, moments: Sequence[datetime]) -> Seen | None:
    """The sensor of these cameras, and each light at a place from the highest sun at these moments to the lowest.

    None is unknown: no moment, no camera, a camera whose sensor no file names, or cameras of both sensors.
    """
    known = set(sensors)
    if len(known) != 1 or not moments or (sensor := known.pop()) is None:
        return None
    heights_deg = [sun_height_deg(origin.lat_deg, origin.lon_deg, moment) for moment in moments]
    highest, lowest = (_LIGHTS.index(_light(height_deg)) for height_deg in (max(heights_deg), min(heights_deg)))
    return Seen(sensor, _LIGHTS[highest : lowest + 1])


_LIGHTS: tuple[Light, ...] = ("day", "dusk", "night")


def _light(height_deg: float) -> Light:
    return "day" if height_deg >= DAY_DEG else "dusk" if height_deg >= DUSK_DEG else "night"


@cache
def published(path: Path = FILE) -> tuple[Rate, ...]:
    return read_yaml(path, Rates).rates


def rates_beside(models_list: Path) -> tuple[Rate, ...]:
    """The published rates, and those of a file `miss_rates.yaml` beside a user's own list of models."""
    own = models_list.parent / FILE.name
    if own.resolve() == FILE.resolve() or not own.is_file():
        return published()
    return (*published(), *published(own))


def models_logged(events: Iterable[RunEvent]) -> tuple[str, ...]:
    """The models that the run's detectors named in their logs, each once."""
    named = (event.text.removeprefix(MODEL_LINE) for event in events if event.text.startswith(MODEL_LINE))
    return tuple(dict.fromkeys(named))


def figure_of(
    models: Sequence[str], band: DensityBand, *, simulated: bool, seen: Seen | None, rates: Sequence[Rate]
) -> MissFigure:
    """The miss rate to report for a run, or "not measured" with the reason.

    A rate applies if its model, sensor, light and pixel density match the run; each light of the run needs a rate.
    Rates of rendered pictures apply to simulated flights only, and rates of fixed cameras apply to no flight. `seen`
    is None if it is unknown.
    """
    caution = "Masking is no anonymisation."
    if not models:
        return MissFigure(NOT_MEASURED, f"The detectors' model is not in the log. {caution}")
    if len(models) > 1:
        return MissFigure(NOT_MEASURED, f"Several models searched the pictures: {', '.join(models)}. {caution}")
    if seen is None:
        return MissFigure(NOT_MEASURED, f"The light in the pictures is unknown. {caution}")
    pictures = "synthetic" if simulated else "real"
    found = [
        rate for rate in rates
        if (rate.model, rate.seen_from, rate.pictures, rate.sensor) == (models[0], "air", pictures, seen.sensor)
        and rate.light in seen.lights and band.min_px_per_m <= rate.px_per_m <= band.max_px_per_m
    ]  # fmt: skip
    about = f"{models[0]}, {band.min_px_per_m:g} to {band.max_px_per_m:g} px/m, {seen}"
    if {rate.light for rate in found} != set(seen.lights):
        return MissFigure(NOT_MEASURED, f"No figure from the air on {pictures} pictures: {about}. {caution}")
    by_density = sorted(found, key=lambda rate: rate.px_per_m)
    worst = max(found, key=lambda rate: rate.missed)
    each = ", ".join(f"{_percent(rate)} at {rate.px_per_m:g} px/m" for rate in by_density)
    note = f"{models[0]} by {seen}, {pictures} pictures ({worst.source}): {each}. {caution}"
    return MissFigure(f"{_percent(worst)} at {worst.px_per_m:g} px/m ({pictures})", note, worst)


def _percent(rate: Rate) -> str:
    """Rounded up: a miss never reads as none."""
    return f"{ceil(1000 * rate.missed - 1e-6) / 10:.1f}\u00a0%"
