"""The pixel density at which the masked pictures of a flight are published, judged before take-off.

The limit of the authorisation holds for every picture. Where the authorisation names a highest miss rate of the
masking, and no measured figure meets this rate, the pictures are coarser still, or withheld.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from blindspot.camera import Sensor
from blindspot.evidence.masks.miss_rate import MissFigure, Rate, Seen, seen_by
from blindspot.evidence.observed.event_log import RunEvent
from blindspot.law import Authorisation
from blindspot.law.files import Analytics
from blindspot.mission import DensityBand, Mission
from blindspot.site import load_frame

COARSE_PX_PER_M = 12.5
"""Figures, and nothing finer: a head is 3 px high."""
PUBLICATION_LINE = "masked pictures are "
"""A detector logs this text at the start of a mission, followed by the density."""
LOOK_EVERY = timedelta(minutes=10)
LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Publication:
    """The density of published pictures, px/m, the gate's reason for a coarser density, and whether the gate withholds
    every picture.

    >>> str(Publication(25.0)), str(Publication(12.5, "no figure for nanodet, night"))
    ('published at 25 px/m', 'published at 12.5 px/m: no figure for nanodet, night')
    """

    px_per_m: float
    why: str = ""
    is_withheld: bool = False

    def __str__(self) -> str:
        said = "withheld" if self.is_withheld else f"published at {self.px_per_m:g} px/m"
        return f"{said}: {self.why}" if self.why else said

    @property
    def is_coarse(self) -> bool:
        """Whether the gate made the pictures coarser than the authorisation asks."""
        return bool(self.why) and not self.is_withheld


def publication_of(
    asked: Analytics, band: DensityBand, model: str, seen: Seen | None, *, simulated: bool, rates: Sequence[Rate]
) -> Publication:
    """The publication of pictures that `model` masks. `seen` is None if sensor or light are unknown.

    A figure counts for the flight's sensor, for each of the flight's lights, and for real pictures, or for rendered
    ones in a simulation. One figure at the lowest flown density or below it is needed: heads are smallest there.
    """
    px_per_m = band.min_px_per_m if asked.publish_px_per_m is None else asked.publish_px_per_m
    if asked.max_missed_heads is None:
        return Publication(px_per_m)
    why = _why_not(asked.max_missed_heads, band, model, seen, simulated=simulated, rates=rates)
    if not why:
        return Publication(px_per_m)
    if asked.unmeasured == "withhold":
        return Publication(px_per_m, why, is_withheld=True)
    return Publication(min(px_per_m, COARSE_PX_PER_M), why)


def _why_not(
    most: float, band: DensityBand, model: str, seen: Seen | None, *, simulated: bool, rates: Sequence[Rate]
) -> str:
    """The reason against pictures at the full density; empty if a measured figure meets `most` in each light."""
    if seen is None:
        return f"no figure for {model}, sensor or light unknown"
    pictures = "synthetic" if simulated else "real"
    for light in seen.lights:
        about = f"{model}, {Seen(seen.sensor, (light,))}"
        found = [
            rate for rate in rates
            if (rate.model, rate.seen_from, rate.pictures) == (model, "air", pictures)
            and (rate.sensor, rate.light) == (seen.sensor, light) and rate.px_per_m <= band.max_px_per_m
        ]  # fmt: skip
        lowest = max((rate.px_per_m for rate in found if rate.px_per_m <= band.min_px_per_m), default=None)
        if lowest is None:
            at = f", {band.min_px_per_m:g} px/m" if found else ""
            return f"no figure for {about}{at}"
        worst = max((rate for rate in found if rate.px_per_m >= lowest), key=lambda rate: rate.missed)
        if worst.missed > most:
            return f"{about}: {100 * worst.missed:.3g} % missed at {worst.px_per_m:g} px/m, over {100 * most:.3g} %"
    return ""


def publication_in(
    mission: Mission, authorisation: Authorisation, sensor: Sensor | None, model: str, start: datetime,
    *, simulated: bool, rates: Sequence[Rate],
) -> Publication:  # fmt: skip
    """The publication of a flight that begins at `start`, for every light in the longest flight of the day: a sunset in
    mid-flight counts from the start."""
    file = authorisation.file
    lasts = min(timedelta(minutes=file.window.max_flight_min_per_day), LONGEST)
    moments = [start + LOOK_EVERY * step for step in range(int(lasts / LOOK_EVERY) + 1)] + [start + lasts]
    return publication_of(
        file.analytics, mission.file.band, model, seen_by([sensor], load_frame(mission.site_dir), moments),
        simulated=simulated, rates=rates,
    )  # fmt: skip


def publications_logged(events: Iterable[RunEvent]) -> tuple[Publication, ...]:
    """The publications that the run's detectors named in their logs, each once."""
    said = (event.text.removeprefix(PUBLICATION_LINE) for event in events if event.text.startswith(PUBLICATION_LINE))
    return tuple(map(_of_text, dict.fromkeys(said)))


def _of_text(said: str) -> Publication:
    """The publication whose text this is; the density of withheld pictures is 0."""
    density, _, why = said.partition(": ")
    found = re.fullmatch(r"published at ([0-9.]+) px/m", density)
    return Publication(0.0 if found is None else float(found[1]), why, is_withheld=found is None)


def picture_facts(publications: Sequence[Publication], missed: MissFigure | None) -> dict[str, object]:
    """The entry `pictures` of a summary. The density is the finest of all drones; None is unknown."""
    return {
        "published_px_per_m": max((each.px_per_m for each in publications), default=None),
        "coarse": any(each.is_coarse for each in publications) if publications else None,
        "withheld": any(each.is_withheld for each in publications) if publications else None,
        "why": "; ".join(dict.fromkeys(each.why for each in publications if each.why)),
        "missed_heads": None if missed is None or missed.worst is None else missed.worst.missed,
    }
