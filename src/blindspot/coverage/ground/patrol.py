"""Panning cameras: the time share in which a tour shows a place, and the ground that an operator could make visible.

The two results stay separate: a tour really happens, and the other is only possible. Both stay separate from the
coverage of the fixed cameras.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.sight.fixed import FixedCoverage, Sight, sights
from blindspot.coverage.sight.single_camera import Alone, Density, window_of
from blindspot.site import FixedCamera, Preset, Site
from blindspot.site.ground import Grid, HeightField
from blindspot.site.town import assumptions, lens

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Limits between classes of time share. Ground with share 0 and ground with share 1 are separate classes."""


def time_share(
    site: Site, field: HeightField, fixed: FixedCoverage, min_px_per_m: float
) -> NDArray[np.float32]:  # fmt: skip
    """The share of the time, 0..1, in which each cell is seen at the required density; shaped as the grid.

    The share is 1 where the fixed cameras (`fixed`) see the cell. Elsewhere it is the largest share of any single tour.
    Where several tours pass, this is a lower bound, because the phase between the tours is unknown. A tour's share of
    a cell is the dwell time of all presets that show it, divided by the duration of the whole tour. The duration
    includes the moves between presets, and a moving camera counts as blind.
    """
    share = (fixed.density_px_per_m >= min_px_per_m).astype(np.float32)
    touring = [camera for camera in _inside(site.cameras, field.grid) if camera.kind == "panning" and camera.presets]
    alone = Alone(field)
    for sight in sights(touring, field, all_round=True):
        window = share[window_of(sight, field.grid)]
        np.maximum(window, _share_of_tour(sight, alone, min_px_per_m), out=window)
    return share


def _share_of_tour(sight: Sight, alone: Alone, min_px_per_m: float) -> NDArray[np.float32]:
    """The share of one tour, shaped as the sight's window. Limited to 1 in spite of rounding."""
    camera = sight.camera
    seen_s = sum(
        (alone.density(replace(sight, camera=at_preset(camera, preset))) >= min_px_per_m) * np.float64(preset.dwell_s)
        for preset in camera.presets
    )
    share: NDArray[np.float32] = np.minimum(seen_s / tour_s(camera.presets), 1).astype(np.float32)
    return share


def tour_s(presets: Sequence[Preset]) -> float:
    """Duration of a tour, s: each dwell and one move after it. A single preset needs no move."""
    moves = len(presets) if len(presets) > 1 else 0
    return sum(preset.dwell_s for preset in presets) + moves * assumptions.PANNING_MOVE_S


def at_preset(camera: FixedCamera, preset: Preset) -> FixedCamera:
    """The fixed camera that a panning camera is equal to while it dwells at a preset."""
    return replace(
        camera,
        kind="fixed",
        heading_deg=preset.heading_deg,
        tilt_deg=preset.tilt_deg,
        hfov_deg=preset.hfov_deg,
        vfov_deg=lens.vfov_deg(preset.hfov_deg, camera.width_px, camera.height_px),
    )


def could_see(site: Site, field: HeightField, fixed: FixedCoverage) -> Density:
    """Upper bound of the density, px/m, that any camera could reach in each cell; shaped as the grid.

    The bound includes the coverage `fixed`. A panning camera counts with all of its known headings, tilts and zooms at
    once. A camera of unknown direction counts with all directions at once.
    """
    best = fixed.density_px_per_m.copy()
    turned = [camera for camera in _inside(site.cameras, field.grid) if not camera.always_sees]
    alone = Alone(field)
    for sight in sights(turned, field, all_round=True):
        window = best[window_of(sight, field.grid)]
        np.maximum(window, alone.density_if_turned(sight), out=window)
    return best


def _inside(cameras: Sequence[FixedCamera], grid: Grid) -> list[FixedCamera]:
    return [camera for camera in cameras if grid.index(camera.east_m, camera.north_m)]


def area_by_share(share: NDArray[np.float32], where: NDArray[np.bool_], cell_area_m2: float) -> dict[str, float]:
    """Area of `where` by class of time share, m2: "never", "0-10 %" (10 % included), ..., "75-100 %" (100 % excluded),
    "always"."""
    found = share[where]
    classes = np.searchsorted(np.array(SHARES[1:-1], np.float32), found) + 1
    classes[found <= 0], classes[found >= 1] = 0, len(SHARES)
    names = ["never", *(f"{100 * a:.0f}-{100 * b:.0f} %" for a, b in pairwise(SHARES)), "always"]
    cells = np.bincount(classes, minlength=len(names))
    return {name: float(n) * cell_area_m2 for name, n in zip(names, cells.tolist(), strict=True)}
