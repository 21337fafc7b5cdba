"""People and cars as meshes, in the renderer's shapes and colours: x ahead, y to the left, z up, m, from the foot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot_sim.pictures.figures import BODY, CLOTHES, PAINTS, Colour, colours_of, panels_of
from blindspot_sim.pictures.people import HEIGHT_M
from blindspot_sim.pictures.vehicles import SHAPES_M, Vehicle
from blindspot_sim.world.mesh import Floats, MeshPart, Shades, write_obj

PEOPLE, CARS = len(CLOTHES), len(PAINTS) * len(SHAPES_M)
"""Numbers of different people and cars."""
SIDES = 8
BENDS = np.radians([-90.0, -45.0, 0.0, 0.0, 45.0, 90.0])
"""Angles of the rings of a limb, from one end over both edges of its straight part to the other."""
BEFORE_M = 0.01
"""Distance of windows in front of their walls. Surfaces in one plane would flicker."""


def person(number: int) -> list[MeshPart]:
    """A walker of HEIGHT_M."""
    colours = colours_of(number)
    limbs = []
    for name, aside, *ends, width_m in BODY:
        start, end = (np.array([ahead, -aside, level * HEIGHT_M]) for ahead, level in ends)
        limbs.append((colours[name], _limb(start, end, width_m / 2)))
    return _parts(limbs)


def car(number: int) -> list[MeshPart]:
    vehicle = Vehicle(number, 0.0, 0.0, 0.0, 0.0, *SHAPES_M[number % len(SHAPES_M)])
    return _parts(
        (panel.colour, _flat(panel.corners_m[:, [1, 0, 2]] * (1, -1, 1), 0.0 if panel.side is not None else BEFORE_M))
        for panel in panels_of(vehicle)
    )


def write_figures(folder: Path, people: int, cars: int) -> None:
    """Write `person_0.obj`, `car_0.obj` and so on, up to PEOPLE and CARS, as many as these numbers need."""
    for name, made, count in (("person", person, min(people, PEOPLE)), ("car", car, min(cars, CARS))):
        for number in range(count):
            parts = made(number)
            write_obj(folder / f"{name}_{number}.obj", parts, {part.material: _shades(part.material) for part in parts})


def _shades(material: str) -> Shades:
    red, green, blue = (int(material[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue


def _parts(pieces: Iterable[tuple[Colour, tuple[Floats, Floats, NDArray[np.int64]]]]) -> list[MeshPart]:
    """One part for each colour, named by the colour."""
    by_colour = defaultdict(list)
    for (blue, green, red), piece in pieces:
        by_colour[f"c{red:02x}{green:02x}{blue:02x}"].append(piece)
    parts = []
    for material, of in by_colour.items():
        before = np.cumsum([0, *(len(corners) for corners, _, _ in of[:-1])])
        corners, normals = (np.concatenate([piece[k] for piece in of]) for k in (0, 1))
        triangles = np.concatenate([piece[2] + first for piece, first in zip(of, before, strict=True)])
        parts.append(MeshPart(material, corners, normals, np.zeros((len(corners), 2)), triangles))
    return parts


def _limb(start: Floats, end: Floats, radius_m: float) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Corners, normals and triangles of a tube with round ends."""
    along = (end - start) / np.linalg.norm(end - start)
    beside = np.cross(along, np.eye(3)[int(np.argmin(np.abs(along)))])
    beside /= np.linalg.norm(beside)
    turns = np.arange(SIDES) * 2 * np.pi / SIDES
    around = np.cos(turns)[:, None] * beside + np.sin(turns)[:, None] * np.cross(along, beside)
    normals = np.array([np.cos(bend) * around + np.sin(bend) * along for bend in BENDS])
    middles = np.repeat([start, end], len(BENDS) // 2, axis=0)
    corners = middles[:, None] + radius_m * normals
    ring, side = np.arange(len(BENDS) - 1)[:, None] * SIDES, np.arange(SIDES)[None, :]
    here, following = (ring + side).ravel(), (ring + (side + 1) % SIDES).ravel()
    triangles = np.concatenate([np.column_stack([here, following, following + SIDES]),
                                np.column_stack([here, following + SIDES, here + SIDES])])  # fmt: skip
    return corners.reshape(-1, 3), normals.reshape(-1, 3), triangles


def _flat(corners: Floats, before_m: float) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Corners, normals and triangles of a quadrilateral, moved `before_m` outwards. Its corners run anticlockwise as
    seen from outside."""
    normal = np.cross(corners[1] - corners[0], corners[3] - corners[0])
    normal /= np.linalg.norm(normal)
    return corners + before_m * normal, np.tile(normal, (4, 1)), np.array([(0, 1, 2), (0, 2, 3)])
