"""Triangles with pictures or colours, and their Wavefront OBJ file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shades = tuple[float, float, float]
"""Red, green and blue, 0..1."""


@dataclass(frozen=True, slots=True)
class MeshPart:
    """The triangles of one material.

    `corners_m` (n, 3) ENU, `normals` (n, 3), `texture` (n, 2) in pictures (1 is a whole one), `triangles` (m, 3)
    numbers of corners, counter-clockwise as seen from outside.
    """

    material: str
    corners_m: Floats
    normals: Floats
    texture: Floats
    triangles: NDArray[np.int64]


def write_obj(path: Path, parts: Sequence[MeshPart], colours: Mapping[str, str | Shades]) -> None:
    """Write an OBJ file and its MTL file beside it. `colours` holds the picture (in the same folder) or the colour of
    each material."""
    materials = path.with_suffix(".mtl")
    with path.open("w", encoding="ascii") as file:
        file.write(f"mtllib {materials.name}\n")
        before = 1
        for part in parts:
            file.write(f"usemtl {part.material}\n")
            np.savetxt(file, part.corners_m, "v %.3f %.3f %.3f")
            np.savetxt(file, part.texture, "vt %.4f %.4f")
            np.savetxt(file, part.normals, "vn %.4f %.4f %.4f")
            np.savetxt(file, np.repeat(part.triangles + before, 3, axis=1), "f" + " %d/%d/%d" * 3)
            before += len(part.corners_m)
    materials.write_text("\n".join(_material(name, colour) for name, colour in colours.items()), encoding="ascii")


def _material(name: str, look: str | Shades) -> str:
    """Matt, lit by sun and sky."""
    colour = "1 1 1" if isinstance(look, str) else "{:.3f} {:.3f} {:.3f}".format(*look)
    picture = f"map_Kd {look}\n" if isinstance(look, str) else ""
    return f"newmtl {name}\nKa {colour}\nKd {colour}\nKs 0 0 0\nillum 1\n{picture}"
