"""The same flight without a page and with twenty pages, two of them slow: tracks and outcome."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.evidence.observed import read_tracks
from blindspot_lab.bench.served.drawn_pages import Heard, slow, usual
from blindspot_lab.bench.served.standing import MISSION, PERSON, Standing, standing
from blindspot_lab.bench.tools.target import Target

PAGES = 20
NOTED_M = 2.0
"""A drone flies 1 to 3 m between two of its reports, which come at another moment of each flight."""


@dataclass(frozen=True, slots=True)
class WatchedFlight:
    """Outcome, the part of the blind ground that was seen, and the places of each drone, m ENU (n, 3)."""

    outcome: str
    seen: float
    tracks: Mapping[str, NDArray[np.float64]]


def same_flight_targets() -> list[Target]:
    """Two flights without a page, and one with twenty; each in a stack of its own."""
    with tempfile.TemporaryDirectory() as folder:
        alone, again, watched = (
            _flown(Path(folder) / str(number), pages) for number, pages in enumerate((0, 0, PAGES))
        )
    usual_m, watched_m = farthest_m(alone, again), farthest_m(alone, watched)
    same = (watched.outcome, watched.seen) == (alone.outcome, alone.seen)
    return [
        Target("outcome and seen ground are the same with 0 and with 20 pages", "1", float(same), "", same),
        Target("farthest place of a track with 20 pages from the track with none", f"<= {NOTED_M:g}", watched_m, "m",
               watched_m <= NOTED_M),
        Target("the same between two flights without a page", "", usual_m, "m", None),
    ]  # fmt: skip


def farthest_m(one: WatchedFlight, other: WatchedFlight) -> float:
    """The farthest that a place of the one lies from the line of the other, of all drones, both ways, m."""
    return max(
        float(_from_line_m(first.tracks[name], second.tracks[name]).max())
        for first, second in ((one, other), (other, one)) for name in first.tracks
    )  # fmt: skip


def _from_line_m(places: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each place from a line through points, m."""
    begins, steps = line[:-1], np.diff(line, axis=0)
    lengths = np.maximum((steps**2).sum(axis=1), 1e-9)
    along = ((places[:, None] - begins) * steps).sum(axis=2) / lengths
    nearest = begins + np.clip(along, 0.0, 1.0)[..., None] * steps
    found: NDArray[np.float64] = np.linalg.norm(places[:, None] - nearest, axis=2).min(axis=1)
    return found


def _flown(folder: Path, pages: int) -> WatchedFlight:
    folder.mkdir()
    with standing(folder, "--speed", "5") as stack:
        if pages:
            asyncio.run(_watched(stack, pages))
        else:
            stack.run("fly", MISSION, *PERSON)
        [summary] = folder.glob("runs/*/*/summary.json")
        found = json.loads(summary.read_text())
        tracks = read_tracks(summary.with_name("track.csv"))
        places = {name: track.position_m[track.in_air] for name, track in tracks.items()}
        seen = float(found["coverage"]["seen_blind_fraction"])
        return WatchedFlight(str(found["outcome"]), round(seen, 3), places)


async def _watched(stack: Standing, pages: int) -> None:
    port, key, _ = stack.console()
    watching = [asyncio.create_task(usual(port, key, Heard())) for _ in range(pages - 2)]
    watching += [asyncio.create_task(slow(port, key, reads=reads)) for reads in (True, False)]
    await asyncio.to_thread(stack.run, "fly", MISSION, *PERSON)
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
