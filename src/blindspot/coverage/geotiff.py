"""Layers of coverage as cloud-optimised GeoTIFF, for any GIS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from blindspot.coverage.causes import CAUSES
from blindspot.coverage.provenance import Provenance
from blindspot.coverage.survey import Survey
from blindspot.coverage.uncertainty import Uncertainty
from blindspot.site.grid import Grid
from blindspot.site.model import Site

NO_CAUSE = 255


def write_layers(folder: Path, found: Survey, provenance: Provenance) -> tuple[Path, ...]:
    """`density_px_per_m.tif` (float32), `cameras.tif` (how many), `ground.tif` (0 not public, 1 seen, 2 blind) and
    `reason.tif` (255 where not blind), in the site's own projection, row 0 = north; of cameras that turn
    `time_share.tif` (0..1), of those that could be turned `could_see_px_per_m.tif`."""
    spots, fixed = found.spots, found.fixed
    ground = spots.public.astype(np.uint8) + spots.blind
    reason = np.where(spots.blind, found.causes, NO_CAUSE).astype(np.uint8)
    told = {
        "ground": "0 not public, 1 seen, 2 blind",
        "reason": ", ".join(f"{k} {why}" for k, why in enumerate(CAUSES)),
    }
    layers: dict[str, tuple[NDArray[Any], int | None]] = {
        "density_px_per_m": (fixed.density_px_per_m, 0),
        "cameras": (fixed.count, None),
        "ground": (ground, None),
        "reason": (reason, NO_CAUSE),
    }
    if found.time_share is not None:
        layers["time_share"] = (found.time_share, None)
    if found.could_see_px_per_m is not None:
        layers["could_see_px_per_m"] = (found.could_see_px_per_m, 0)
    return _write_all(folder, found, provenance, layers, told)


def write_bounds(folder: Path, found: Survey, bounds: Uncertainty, provenance: Provenance) -> tuple[Path, ...]:
    """`pessimistic_px_per_m.tif` and `optimistic_px_per_m.tif`: what the fixed cameras see at worst and at best."""
    layers: dict[str, tuple[NDArray[Any], int | None]] = {
        "pessimistic_px_per_m": (bounds.pessimistic_px_per_m, 0),
        "optimistic_px_per_m": (bounds.optimistic_px_per_m, 0),
    }
    return _write_all(folder, found, provenance, layers, {})


def _write_all(
    folder: Path,
    found: Survey,
    provenance: Provenance,
    layers: Mapping[str, tuple[NDArray[Any], int | None]],
    told: Mapping[str, str],
) -> tuple[Path, ...]:
    """Layers by name, each with the value that means nothing is there; `told` says what their values mean."""
    files = []
    for name, (cells, nodata) in layers.items():
        tags = {**provenance.tags, "min_px_per_m": f"{found.spots.min_px_per_m:g}", "values": told.get(name, "")}
        files.append(_write(folder / f"{name}.tif", found.site, found.spots.field.grid, cells, nodata, tags))
    return tuple(files)


def _write(path: Path, site: Site, grid: Grid, cells: NDArray[Any], nodata: int | None, tags: dict[str, str]) -> Path:
    frame = site.frame
    crs = f"+proj=tmerc +lat_0={frame.lat_deg} +lon_0={frame.lon_deg} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m +no_defs"
    north_m = grid.bounds_m[3]
    with rasterio.open(
        path, "w", driver="COG", width=grid.cols, height=grid.rows, count=1, dtype=cells.dtype, crs=crs,
        transform=Affine(grid.cell_m, 0.0, grid.east_min_m, 0.0, -grid.cell_m, north_m), nodata=nodata,
        compress="DEFLATE", overview_resampling="nearest",
    ) as file:  # fmt: skip
        file.write(cells[::-1], 1)
        file.update_tags(**tags)
    return path
