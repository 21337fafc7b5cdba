"""Cameras that turn: the share of the time in which a tour shows a place, and what they could see if they were turned.

Two answers to two questions, never mixed: a tour is what happens, the other is what an operator could make happen.
Neither is what the fixed cameras see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.sight.drone_camera import HEAD_HEIGHT_M
from blindspot.coverage.sight.fixed import FixedCoverage, Sight, Town, sights
from blindspot.coverage.sight.single_camera import Alone, Density, window_of
from blindspot.site import FixedCamera, Preset, assumptions, lens
from blindspot.site.ground import Grid, HeightField

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Limits between classes of time share; what is never and what is always seen are classes of their own."""


def time_share(
    site: Town,
    field: HeightField,
    fixed: FixedCoverage,
    min_px_per_m: float,
    target_height_m: float = HEAD_HEIGHT_M,
) -> NDArray[np.float32]:
    """The share of the time, 0..1, in which each cell is seen at the required density; shaped as the grid.

    1 where `fixed`, what the fixed cameras see, does. Elsewhere the largest share of any one tour: a lower bound where
    several pass, since nobody knows whether they look at once or in turn. A tour's share of a place is the dwell of all
    presets that show it over the whole tour, moves between presets included, which show nothing.
    """
    share = (fixed.density_px_per_m >= min_px_per_m).astype(np.float32)
    touring = [camera for camera in _inside(site.cameras, field.grid) if camera.kind == "panning" and camera.presets]
    alone = Alone(field, target_height_m)
    for sight in sights(touring, field, target_height_m, all_round=True):
        window = share[window_of(sight, field.grid)]
        np.maximum(window, _share_of_tour(sight, alone, min_px_per_m), out=window)
    return share


def _share_of_tour(sight: Sight, alone: Alone, min_px_per_m: float) -> NDArray[np.float32]:
    """Shaped as the sight's window; at most 1 whatever is rounded."""
    camera = sight.camera
    seen_s = sum(
        (alone.density(replace(sight, camera=at_preset(camera, preset))) >= min_px_per_m) * np.float64(preset.dwell_s)
        for preset in camera.presets
    )
    share: NDArray[np.float32] = np.minimum(seen_s / tour_s(camera.presets), 1).astype(np.float32)
    return share


def tour_s(presets: Sequence[Preset]) -> float:
    """How long a tour takes: every dwell, and a move after each; a single preset is never left."""
    moves = len(presets) if len(presets) > 1 else 0
    return sum(preset.dwell_s for preset in presets) + moves * assumptions.PANNING_MOVE_S


def at_preset(camera: FixedCamera, preset: Preset) -> FixedCamera:
    """A panning camera as the fixed one that it is while it dwells."""
    return replace(
        camera,
        kind="fixed",
        heading_deg=preset.heading_deg,
        tilt_deg=preset.tilt_deg,
        hfov_deg=preset.hfov_deg,
        vfov_deg=lens.vfov_deg(preset.hfov_deg, camera.width_px, camera.height_px),
    )


def could_see(
    site: Town, field: HeightField, fixed: FixedCoverage, target_height_m: float = HEAD_HEIGHT_M
) -> Density:
    """No lower than the best density, px/m, that any camera could have of each cell; shaped as the grid.

    Beside what `fixed` sees: panning cameras at any heading, tilt and zoom that is known of them, each looking at all
    places at once; cameras without a known direction with any.
    """
    best = fixed.density_px_per_m.copy()
    turned = [camera for camera in _inside(site.cameras, field.grid) if not camera.always_sees]
    alone = Alone(field, target_height_m)
    for sight in sights(turned, field, target_height_m, all_round=True):
        window = best[window_of(sight, field.grid)]
        np.maximum(window, alone.density_if_turned(sight), out=window)
    return best


def _inside(cameras: Sequence[FixedCamera], grid: Grid) -> list[FixedCamera]:
    return [camera for camera in cameras if grid.index(camera.east_m, camera.north_m)]


def area_by_share(share: NDArray[np.float32], where: NDArray[np.bool_], cell_area_m2: float) -> dict[str, float]:
    """How much of `where` is seen in which share of the time, m2: "never", "0-10 %" (up to and with 10 %), ...,
    "75-100 %" (without 100 %), "always"."""
    found = share[where]
    classes = np.searchsorted(np.array(SHARES[1:-1], np.float32), found) + 1
    classes[found <= 0], classes[found >= 1] = 0, len(SHARES)
    names = ["never", *(f"{100 * a:.0f}-{100 * b:.0f} %" for a, b in pairwise(SHARES)), "always"]
    cells = np.bincount(classes, minlength=len(names))
    return {name: float(n) * cell_area_m2 for name, n in zip(names, cells.tolist(), strict=True)}
