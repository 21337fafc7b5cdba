"""The town's surfaces as polygons in the picture. The masking hides them and the simulator paints them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, centre_px
from blindspot.vision.town.seen_town import Town

Floats = NDArray[np.float64]
CLIP_M = 0.5
"""Surfaces are clipped at this depth along the optical axis."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A wall or a roof in the picture.

    `rings` are (n, 2) pixels: one ring for a wall; for a roof the outline and then the courtyards, inside by the
    even-odd rule. `depth_m` is the least depth, `facing_deg` the compass heading of a wall's outside (None for a
    roof), `building` the building's number in the town, `width_m` and `height_m` the size of a wall.
    """

    building: int
    rings: tuple[Floats, ...]
    depth_m: float
    facing_deg: float | None
    width_m: float = 0.0
    height_m: float = 0.0


class TownView:
    """Projects a town's buildings for one lens. All corners lie in a few arrays, so that each building costs little."""

    def __init__(self, town: Town, lens: Lens, *, to_the_top: bool) -> None:
        """`to_the_top`: draw buildings up to `top_m`, else up to the eaves."""
        self._lens, self._town = lens, town
        rings = [(number, ring) for number, prism in enumerate(town.prisms) for ring in prism.rings]
        sizes = [len(ring) for _, ring in rings]
        self._ring_of_corner = np.repeat(np.arange(len(rings)), sizes)
        self._building_of_ring = np.array([number for number, _ in rings], int)
        self._corners_m = np.concatenate([ring for _, ring in rings]) if rings else np.zeros((0, 2))
        following = [np.roll(ring, -1, axis=0) for _, ring in rings]
        self._following_m = np.concatenate(following) if rings else np.zeros((0, 2))
        self._bases_m = np.array([prism.base_m for prism in town.prisms])
        self._tops_m = np.array([prism.top_m if to_the_top else prism.eaves_m for prism in town.prisms])
        low = np.array([prism.rings[0].min(axis=0) for prism in town.prisms]).reshape(-1, 2)
        high = np.array([prism.rings[0].max(axis=0) for prism in town.prisms]).reshape(-1, 2)
        self._middles_m = np.column_stack([(low + high) / 2, (self._bases_m + self._tops_m) / 2])
        self._radii_m = np.linalg.norm(np.column_stack([high - low, self._tops_m - self._bases_m]), axis=1) / 2

    def distances_m(self, pose: CameraPose) -> Floats:
        """(buildings,) horizontal distance to the middle of each building, m; `surfaces` sorts by it."""
        return np.asarray(np.hypot(*(self._middles_m[:, :2] - pose.position_m[:2]).T))

    def is_inside(self, pose: CameraPose, spare_m: float) -> bool:
        """Whether the camera is inside a building, up to `spare_m` above its top. No wall faces such a camera, and the
        roof is behind it: nothing of the building would be drawn."""
        at, low_m = (pose.east_m, pose.north_m), pose.up_m - spare_m
        taller = (self._town.prisms[number] for number in np.flatnonzero(self._tops_m >= low_m))
        return any(_holds(prism.rings, at) for prism in taller)

    def surfaces(self, pose: CameraPose, beside_px: float = 0.0, beside_m: float = 0.0) -> Iterator[Surface]:
        """Yield the building surfaces that may be in the picture, the farthest building first, walls before the roof.

        Only walls that face the camera are included. `beside_px` and, at a surface's depth, `beside_m` extend the
        picture on every side.
        """
        seen = self._in_sight(pose, beside_px, beside_m)
        if not seen.any():
            return
        chosen = np.flatnonzero(seen[self._building_of_ring[self._ring_of_corner]])
        surfaces: dict[int, list[Surface]] = {int(number): [] for number in np.flatnonzero(seen)}
        for surface in self._walls(chosen, pose):
            if self._touches_picture(surface, beside_px, beside_m):
                surfaces[surface.building].append(surface)
        for walls in surfaces.values():
            walls.sort(key=lambda wall: -wall.depth_m)
        for surface in self._roofs(chosen, pose):
            if self._touches_picture(surface, beside_px, beside_m):
                surfaces[surface.building].append(surface)
        distances_m = self.distances_m(pose)
        for number in sorted(surfaces, key=lambda number: -distances_m[number]):
            yield from surfaces[number]

    def _in_sight(self, pose: CameraPose, beside_px: float, beside_m: float) -> NDArray[np.bool_]:
        """Buildings whose enclosing sphere touches the view's pyramid."""
        radii_m = self._radii_m + beside_m
        at = (self._middles_m - pose.position_m) @ pose.rotation.T
        u, v = centre_px(self._lens)
        seen = at[:, 2] > CLIP_M - radii_m
        for axis, half_px in ((0, u + 1), (1, v + 1)):
            slope = (half_px + beside_px) / self._lens.f_px
            seen &= np.abs(at[:, axis]) - slope * at[:, 2] < radii_m * np.hypot(1.0, slope)
        return np.asarray(seen)

    def _touches_picture(self, surface: Surface, beside_px: float, beside_m: float) -> bool:
        reach_px = beside_px + beside_m * self._lens.f_px / max(surface.depth_m - beside_m, CLIP_M)
        (left, top), (right, bottom) = surface.rings[0].min(axis=0), surface.rings[0].max(axis=0)
        wide_px, tall_px = self._lens.width_px + reach_px, self._lens.height_px + reach_px
        return bool(right >= -reach_px and bottom >= -reach_px and left <= wide_px and top <= tall_px)

    def _walls(self, corners: NDArray[np.intp], pose: CameraPose) -> Iterator[Surface]:
        start, end = self._corners_m[corners], self._following_m[corners]
        edge, to_camera = end - start, pose.position_m[:2] - start
        facing = edge[:, 1] * to_camera[:, 0] - edge[:, 0] * to_camera[:, 1] > 0
        start, end, edge = start[facing], end[facing], edge[facing]
        building = self._building_of_ring[self._ring_of_corner[corners[facing]]]
        base, top = self._bases_m[building], self._tops_m[building]
        quads = np.stack([np.column_stack([point, height]) for point, height in
                          ((start, base), (end, base), (end, top), (start, top))], axis=1)  # fmt: skip
        at = (quads - pose.position_m) @ pose.rotation.T
        facing_deg = np.degrees(np.arctan2(edge[:, 1], -edge[:, 0]))
        width_m, height_m = np.hypot(*edge.T), top - base
        walls = zip(building.tolist(), at, facing_deg.tolist(), width_m.tolist(), height_m.tolist(), strict=True)
        for number, corners_at, heading, wide_m, tall_m in walls:
            outline = _outline(corners_at, self._lens)
            if outline is not None:
                yield Surface(number, (outline[0],), outline[1], heading, wide_m, tall_m)

    def _roofs(self, corners: NDArray[np.intp], pose: CameraPose) -> Iterator[Surface]:
        ring = self._ring_of_corner[corners]
        points = np.column_stack([self._corners_m[corners], self._tops_m[self._building_of_ring[ring]]])
        at = (points - pose.position_m) @ pose.rotation.T
        starts = np.flatnonzero(np.diff(ring, prepend=-1))
        rings: dict[int, list[tuple[Floats, float]]] = {}
        for number, part in zip(self._building_of_ring[ring[starts]].tolist(), np.split(at, starts[1:]), strict=True):
            outline = _outline(part, self._lens)
            if outline is not None:
                rings.setdefault(number, []).append(outline)
        for number, outlines in rings.items():
            yield Surface(number, tuple(pixels for pixels, _ in outlines), min(d for _, d in outlines), None)


def _holds(rings: Sequence[Floats], at: tuple[float, float]) -> bool:
    """Whether a point lies within the outline of a building and in none of its courtyards."""
    outline, *yards = (cv2.pointPolygonTest(ring.astype(np.float32), at, False) for ring in rings)
    return outline >= 0 and all(yard <= 0 for yard in yards)


def outlines_of(rings_m: Iterable[Floats], pose: CameraPose, lens: Lens) -> Iterator[tuple[Floats, float]]:
    """Yield (n, 2) pixels and the least depth, m, of each ring of (n, 3) ENU corners that is at least partly in front
    of the camera."""
    for ring in rings_m:
        outline = _outline((ring - pose.position_m) @ pose.rotation.T, lens)
        if outline is not None:
            yield outline


def _outline(at: Floats, lens: Lens) -> tuple[Floats, float] | None:
    """Pixels and least depth of a polygon of (n, 3) camera coordinates; None if all of it is behind the camera."""
    depth = at[:, 2]
    if depth.min() < CLIP_M:
        at = _clipped(at)
        if len(at) < 3:
            return None
        depth = at[:, 2]
    return at[:, :2] * (lens.f_px / depth)[:, None] + centre_px(lens), float(depth.min())


def _clipped(at: Floats) -> Floats:
    """The part of a polygon of (n, 3) camera coordinates that is at least CLIP_M deep (Sutherland and Hodgman 1974)."""
    depth = at[:, 2] - CLIP_M
    inside: NDArray[Any] = depth >= 0
    following, next_depth = np.roll(at, -1, axis=0), np.roll(depth, -1)
    crossing = inside != np.roll(inside, -1)
    share = np.where(crossing, depth / np.where(crossing, depth - next_depth, 1.0), 0.0)
    cuts = at + share[:, None] * (following - at)
    both = np.stack([at, cuts], axis=1).reshape(-1, 3)
    return np.asarray(both[np.stack([inside, crossing], axis=1).ravel()])
