"""Triangles with pictures on them, and the Wavefront OBJ file that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """The triangles of one material.

    `corners_m` (n, 3) ENU, `normals` (n, 3), `texture` (n, 2) in pictures (1 is a whole one), `triangles` (m, 3)
    numbers of corners, counter-clockwise as seen from outside.
    """

    material: str
    corners_m: Floats
    normals: Floats
    texture: Floats
    triangles: NDArray[np.int64]


def write_obj(path: Path, parts: Sequence[Part], pictures: Mapping[str, str]) -> None:
    """An OBJ file and beside it its MTL file. `pictures` names each material's picture in the same folder."""
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
    matt = "Ka 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1"
    lines = [f"newmtl {name}\n{matt}\nmap_Kd {picture}\n" for name, picture in pictures.items()]
    materials.write_text("\n".join(lines), encoding="ascii")
