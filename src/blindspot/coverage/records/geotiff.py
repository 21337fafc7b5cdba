"""Writes the layers of a coverage as cloud-optimised GeoTIFF for any GIS, whole or tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.windows import Window

from blindspot.coverage.ground.causes import CAUSES
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.ground.uncertainty import Uncertainty
from blindspot.coverage.records.provenance import Provenance
from blindspot.site import LocalFrame
from blindspot.site.ground import Grid

NO_CAUSE = 255
LAYERS: Mapping[str, tuple[str, int | None, str]] = {
    "density_px_per_m": ("float32", 0, ""),
    "cameras": ("uint8", None, ""),
    "ground": ("uint8", None, "0 not public, 1 seen, 2 blind"),
    "reason": ("uint8", NO_CAUSE, ", ".join(f"{k} {why}" for k, why in enumerate(CAUSES))),
    "time_share": ("float32", None, ""),
    "could_see_px_per_m": ("float32", 0, ""),
    "pessimistic_px_per_m": ("float32", 0, ""),
    "optimistic_px_per_m": ("float32", 0, ""),
}
"""By layer name: data type, no-data value, meaning of the values."""
OF_FIXED = ("density_px_per_m", "cameras", "ground", "reason")
"""The layers that every town has."""
BLOCK = 512
"""Cells along the side of a file block."""
CACHE_BYTES = 128_000_000
"""Size of GDAL's file cache. GDAL's own default is 5 % of the machine's memory."""

Layers = dict[str, NDArray[Any]]
WriteTile = Callable[[int, int, Layers], None]


def layers_of(found: Survey) -> Layers:
    """The layers of a survey by name, shaped as the grid.

    Always present: the best density of the fixed cameras (0 if unseen), the number of cameras, the ground, and the
    reason (255 outside blind ground). If the survey holds them: the time share of tours (0..1), and the density that
    cameras could reach if they were turned.
    """
    spots, fixed = found.spots, found.fixed
    layers: Layers = {
        "density_px_per_m": fixed.density_px_per_m,
        "cameras": fixed.count,
        "ground": spots.public.astype(np.uint8) + spots.blind,
        "reason": np.where(spots.blind, found.causes, NO_CAUSE).astype(np.uint8),
    }
    if found.time_share is not None:
        layers["time_share"] = found.time_share
    if found.could_see_px_per_m is not None:
        layers["could_see_px_per_m"] = found.could_see_px_per_m
    return layers


def write_layers(folder: Path, found: Survey, provenance: Provenance) -> tuple[Path, ...]:
    """Write one file for each layer, named after the layer; return the files."""
    return _write_all(folder, found, provenance, layers_of(found))


def write_bounds(folder: Path, found: Survey, bounds: Uncertainty, provenance: Provenance) -> tuple[Path, ...]:
    """Write the bounds of the density as `pessimistic_px_per_m.tif` and `optimistic_px_per_m.tif`."""
    layers = {
        "pessimistic_px_per_m": bounds.pessimistic_px_per_m,
        "optimistic_px_per_m": bounds.optimistic_px_per_m,
    }
    return _write_all(folder, found, provenance, layers)


def _write_all(folder: Path, found: Survey, provenance: Provenance, layers: Layers) -> tuple[Path, ...]:
    grid, tags = found.spots.field.grid, tags_of(found.spots.min_px_per_m, provenance)
    with layer_files(folder, grid, found.site.frame, tags, layers) as write:
        write(0, 0, layers)
    return layer_paths(folder, layers)


def layer_paths(folder: Path, names: Collection[str] = OF_FIXED) -> tuple[Path, ...]:
    return tuple(folder / f"{name}.tif" for name in names)


def tags_of(min_px_per_m: float, provenance: Provenance) -> dict[str, str]:
    return {**provenance.tags, "min_px_per_m": f"{min_px_per_m:g}"}


@contextmanager
def layer_files(
    folder: Path, grid: Grid, frame: LocalFrame, tags: Mapping[str, str], names: Collection[str] = OF_FIXED
) -> Iterator[WriteTile]:
    """Open the files of the layers; yields a function that writes one part of the grid.

    The function takes the cell (row, col) of the part's south-west corner and the part's layers. The files use the
    site's own projection, row 0 = north.

    GDAL creates a cloud-optimised file only from a complete file. The parts therefore go into plain temporary files,
    which are deleted at the end.
    """
    crs = f"+proj=tmerc +lat_0={frame.lat_deg} +lon_0={frame.lon_deg} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m +no_defs"
    transform = Affine(grid.cell_m, 0.0, grid.east_min_m, 0.0, -grid.cell_m, grid.bounds_m[3])
    partial = {name: folder / f"{name}.partial.tif" for name in names}
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), ExitStack() as stack:
            files = {}
            for name in names:
                dtype, nodata, values = LAYERS[name]
                files[name] = stack.enter_context(rasterio.open(
                    partial[name], "w", driver="GTiff", width=grid.cols, height=grid.rows, count=1, dtype=dtype,
                    crs=crs, transform=transform, nodata=nodata, tiled=True, blockxsize=BLOCK, blockysize=BLOCK,
                    compress="DEFLATE", zlevel=1, bigtiff="IF_SAFER",
                ))  # fmt: skip
                files[name].update_tags(**tags, values=values)

            def write(row: int, col: int, layers: Layers) -> None:
                for name, cells in layers.items():
                    rows, cols = cells.shape
                    files[name].write(cells[::-1], 1, window=Window(col, grid.rows - row - rows, cols, rows))

            yield write
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
            for name in names:
                copy(
                    partial[name], folder / f"{name}.tif", driver="COG", compress="DEFLATE", bigtiff="IF_SAFER",
                    overview_resampling="nearest",
                )  # fmt: skip
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
