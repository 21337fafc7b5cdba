"""GDAL's viewshed on a scene, in its own process: the reference for our line of sight.

It runs on the system's Python, since the bindings come with the distribution (Debian: `apt install python3-gdal`).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.core.errors import DependencyError

LIMIT_S = 60.0
"""Time-out of GDAL for one scene. It needs two seconds, more on a busy machine."""
PROGRAM = """
import sys, time
import numpy as np
from osgeo import gdal, gdal_array

gdal.UseExceptions()
with np.load(sys.argv[1]) as data:
    dsm, rows, cols = data["dsm"], data["row"], data["col"]
    masts_m, ranges_m = data["mast_height_m"], data["range_m"]
cell_m = float(sys.argv[3])
town = gdal_array.OpenArray(dsm)
town.SetGeoTransform((0.0, cell_m, 0.0, 0.0, 0.0, -cell_m))
times_s, seen = [], []
for k in range(len(rows)):
    start_s = time.process_time()
    found = gdal.ViewshedGenerate(
        town.GetRasterBand(1), "MEM", "", [], (cols[k] + 0.5) * cell_m, -(rows[k] + 0.5) * cell_m, float(masts_m[k]),
        0.0, 1, 0, 0, -1, 0.0, gdal.GVM_Edge, float(ranges_m[k]), heightMode=gdal.GVOT_NORMAL,
    )
    times_s.append(time.process_time() - start_s)
    whole = np.zeros(dsm.shape, bool)
    west, _, _, north, _, _ = found.GetGeoTransform()
    row, col = round(-north / cell_m), round(west / cell_m)
    part = found.ReadAsArray() > 0
    whole[row : row + part.shape[0], col : col + part.shape[1]] = part
    seen.append(np.packbits(whole))
np.savez(sys.argv[2], times_s=times_s, seen=seen, version=gdal.__version__)
"""


@dataclass(frozen=True, slots=True)
class Viewsheds:
    """`seen`: each camera's 360 degree view by GDAL, row 0 = south; `median_ms`: CPU time per camera."""

    version: str
    median_ms: float
    seen: tuple[NDArray[np.bool_], ...]


@cache
def python_with_gdal() -> str | None:
    """A Python of the system with GDAL's bindings, or None."""
    folders = "/usr/bin:/usr/local/bin"
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name, path=folders)
        if found and subprocess.run([found, "-c", "import osgeo.gdal_array"], capture_output=True).returncode == 0:
            return found
    return None


def viewsheds(scene: Path, cell_m: float) -> Viewsheds:
    """GDAL's viewsheds of a scene file. Raises DependencyError if GDAL is absent, fails or takes too long."""
    python = python_with_gdal()
    if python is None:
        raise DependencyError("GDAL's Python bindings are absent: apt install python3-gdal")
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "seen.npz"
        command = [python, "-c", PROGRAM, str(scene), str(result), str(cell_m)]
        try:
            subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=True, text=True)
        except subprocess.TimeoutExpired as error:
            raise DependencyError(f"GDAL's viewshed exceeded {LIMIT_S} s") from error
        except subprocess.CalledProcessError as error:
            raise DependencyError(error.stderr.strip().rpartition("\n")[2] or str(error)) from error
        with np.load(scene) as data:
            rows, cols = data["dsm"].shape
        with np.load(result) as data:
            seen = tuple(
                np.unpackbits(bits, count=rows * cols).reshape(rows, cols).astype(bool)[::-1] for bits in data["seen"]
            )
            return Viewsheds(str(data["version"]), 1e3 * float(np.median(data["times_s"])), seen)
