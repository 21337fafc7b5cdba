"""A plain picture of the town from any camera pose, with OpenCV polygons: ground, walls, roofs, trees, people, cars,
their shadows.

It needs no graphics library and no z-buffer: it paints surfaces from the farthest to the nearest. It aims at low cost
(one core, small memory) and exact geometry: a point of the town falls on the pixel that `blindspot.camera.projection`
returns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, centre_px, project, rays
from blindspot.vision.town import CLIP_M, Surface, Town, TownView, Tree
from blindspot_sim.pictures.figures import (
    SHIFT,
    Colour,
    Figure,
    Outline,
    TrueBox,
    footprint_m,
    outline_of,
    paint,
    scaled,
    strokes_of,
)
from blindspot_sim.pictures.light import RENDERED
from blindspot_sim.pictures.people import People, Person
from blindspot_sim.pictures.shading import (
    SensorNoise,
    cast_shadows,
    darken_line,
    darken_polygon,
    draw_windows,
    fill,
    shadow_m,
)
from blindspot_sim.pictures.trees import strokes_of_tree
from blindspot_sim.pictures.vehicles import Vehicle, Vehicles
from blindspot_sim.pictures.weather import CLEAR, Weather

Picture = NDArray[np.uint8]

TEXEL_M = 0.25
BESIDE_M = 3.0
"""A figure with its middle this far outside the picture may reach into it."""
SKY: Colour = (214, 196, 176)
FAR_GROUND: Colour = (110, 122, 116)
PRIVATE: Colour = (88, 128, 104)
PAVEMENT: Colour = (158, 162, 166)
STREET: Colour = (96, 94, 92)
WALLS: tuple[Colour, ...] = ((170, 192, 208), (186, 202, 212), (150, 172, 196), (196, 206, 210), (160, 180, 190))
ROOFS: tuple[Colour, ...] = ((92, 84, 80), (76, 92, 132), (104, 96, 92), (84, 100, 140), (116, 110, 106))
BLOCK_PX = 8
"""Side of the pixel blocks. The distance to the terrain is interpolated between the middles of blocks."""
TERRAIN_STEPS = 5
FAR_TEXELS = 30_000.0
"""A texel beyond each texture and within OpenCV's range of numbers."""


class Renderer:
    """Pictures of one town through one lens, in one weather. Deterministic for a seed, which gives colours, textures
    and sensor noise; pictures are independent."""

    def __init__(self, town: Town, lens: Lens, seed: int = 0, weather: Weather = CLEAR) -> None:
        self._lens, self._weather = lens, weather
        self._view = TownView(town, lens, to_the_top=False)
        self._tones = np.random.default_rng([seed, 11]).integers(0, 1 << 30, len(town.prisms))
        self._town = town
        self._level_m = float(np.median(town.ground_m))
        self._texture = ground_texture(town, seed, TEXEL_M)
        cast_shadows(self._texture, town, TEXEL_M)
        self._noise = SensorNoise(lens.width_px, lens.height_px, seed, weather.gain)

    def render(self, pose: CameraPose, people: Sequence[Person] = (), vehicles: Sequence[Vehicle] = ()) -> Picture:
        """The camera's view of the town, the people and the cars at one moment: (height, width, 3) BGR."""
        picture = self._ground(pose)
        for part in self._far_to_near(pose, [*people, *vehicles]):
            if isinstance(part, Surface):
                fill(picture, part.rings, self._colour(part))
                draw_windows(picture, part)
            elif isinstance(part, Tree):
                paint(picture, strokes_of_tree(part, pose, self._lens))
            else:
                self._figure(picture, part, pose)
        return self._noise.add(self._weather.over(picture, pose, self._lens, self._level_m), pose.stamp_s)

    def true_boxes(
        self, pose: CameraPose, people: Sequence[Person] = (), vehicles: Sequence[Vehicle] = ()
    ) -> tuple[TrueBox, ...]:
        """The ground truth of `render`: a box around each figure in the picture, and the figure's visible share."""
        numbers = np.zeros((self._lens.height_px, self._lens.width_px), np.uint16)
        outlines: list[tuple[str, Outline]] = []
        for part in self._far_to_near(pose, [*people, *vehicles]):
            if isinstance(part, Surface):
                fill(numbers, part.rings, 0)
                continue
            if isinstance(part, Tree):
                paint(numbers, strokes_of_tree(part, pose, self._lens), 0)
                continue
            strokes = strokes_of(part, pose, self._lens)
            outline = outline_of(strokes, self._lens)
            if outline is not None:
                outlines.append(("person" if isinstance(part, Person) else "car", outline))
                paint(numbers, strokes, len(outlines))
        seen = np.bincount(numbers.ravel(), minlength=len(outlines) + 1)[1:]
        return tuple(
            TrueBox(label, outline.box_xyxy, float(count / outline.area_px) if outline.is_whole else 0.0)
            for (label, outline), count in zip(outlines, seen.tolist(), strict=True)
        )

    def _far_to_near(self, pose: CameraPose, figures: Sequence[Figure]) -> Iterator[Surface | Figure | Tree]:
        """Buildings' surfaces, and between them the trees and the figures in sight, in the order of painting."""
        upright = sorted(self._in_sight([*self._town.trees, *figures], pose), key=lambda one: _distance_m(one, pose))
        distances_m = self._view.distances_m(pose)
        for surface in self._view.surfaces(pose):
            while upright and _distance_m(upright[-1], pose) > distances_m[surface.building]:
                yield upright.pop()
            yield surface
        yield from reversed(upright)

    def _ground(self, pose: CameraPose) -> Picture:
        """The ground's texture on the terrain, under the sky.

        It is drawn at half the size. The texture's grain hides the difference.
        """
        lens = self._lens
        half = cv2.remap(
            self._texture, *self._texels(pose),
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=FAR_GROUND,
        )  # fmt: skip
        picture = cv2.resize(half, None, fx=2, fy=2)[: lens.height_px, : lens.width_px]
        # A pixel's ray falls when (slope . (u, v, 1)) < 0; the other pixels are sky.
        slope = pose.rotation[:, 2] / (lens.f_px, lens.f_px, 1.0)
        slope[2] -= slope[:2] @ centre_px(lens)
        corners = np.array([[0, 0, 1], [lens.width_px - 1, 0, 1], [lens.width_px - 1, lens.height_px - 1, 1],
                            [0, lens.height_px - 1, 1]], float)  # fmt: skip
        if (corners @ slope >= 0).any():
            rows = np.arange(lens.height_px)[:, None] * slope[1] + slope[2]
            picture[rows + np.arange(lens.width_px)[None, :] * slope[0] >= 0] = SKY
        return np.asarray(picture, np.uint8)

    def _texels(self, pose: CameraPose) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Column and row of the texel that each pixel of the half-size picture shows, in the picture's shape.

        Only the middles of pixel blocks are traced to the terrain, by fixed-point steps from the terrain's level.
        """
        half_size = (-(-self._lens.width_px // 2), -(-self._lens.height_px // 2))
        across, down = (-(-pixels // BLOCK_PX) + 2 for pixels in half_size)  # a block beyond each edge
        u, v = (2.0 * ((np.arange(count) - 0.5) * BLOCK_PX - 0.5) + 0.5 for count in (across, down))
        directions = rays(np.stack(np.meshgrid(u, v), axis=-1), pose, self._lens)
        falling = np.minimum(directions[:, 2], -1e-3)  # flat rays end far away, beyond all texels
        grid, ground_m = self._town.grid, np.full(len(directions), self._level_m)
        corner_m = np.array([grid.east_min_m, grid.north_min_m])
        for _ in range(TERRAIN_STEPS):
            at_m = pose.position_m[:2] + directions[:, :2] * ((ground_m - pose.up_m) / falling)[:, None]
            cell = ((at_m - corner_m) / grid.cell_m).clip(0, (grid.cols - 1, grid.rows - 1))
            col, row = cell.astype(int).T
            ground_m = self._town.ground_m[row, col]
        texels = ((at_m - corner_m) / TEXEL_M - 0.5).clip(-FAR_TEXELS, FAR_TEXELS)
        blocks = texels.astype(np.float32).reshape(down, across, 2)
        size, (width, height) = (across * BLOCK_PX, down * BLOCK_PX), half_size
        cols, rows = (
            np.asarray(cv2.resize(blocks[..., axis], size, interpolation=cv2.INTER_LINEAR), np.float32)
            for axis in (0, 1)
        )
        inner = (slice(BLOCK_PX, BLOCK_PX + height), slice(BLOCK_PX, BLOCK_PX + width))
        return cols[inner], rows[inner]

    def _colour(self, surface: Surface) -> Colour:
        """A building's own tone. Walls are lit by their angle to the sun."""
        tone = int(self._tones[surface.building])
        if surface.facing_deg is None:
            return ROOFS[tone // 8 % len(ROOFS)]
        light = 0.72 + 0.28 * math.cos(math.radians(surface.facing_deg - RENDERED.heading_deg))
        return scaled(WALLS[tone % len(WALLS)], light)

    def _in_sight(self, upright: Sequence[Figure | Tree], pose: CameraPose) -> list[Figure | Tree]:
        """Figures with their middle in the picture or within a few metres of it."""
        middles = np.array([(one.east_m, one.north_m, _middle_m(one)) for one in upright]).reshape(-1, 3)
        pixels, depth = project(middles, pose, self._lens)
        beside_m = np.array([one.radius_m if isinstance(one, Tree) else BESIDE_M for one in upright])
        beside = beside_m * self._lens.f_px / np.maximum(depth, CLIP_M)
        size = (self._lens.width_px, self._lens.height_px)
        seen = ((pixels > -beside[:, None]) & (pixels < size + beside[:, None])).all(axis=1)
        return [one for one, is_seen in zip(upright, np.asarray(seen), strict=True) if is_seen]

    def _figure(self, picture: Picture, figure: Figure, pose: CameraPose) -> None:
        strokes = strokes_of(figure, pose, self._lens)
        if strokes and isinstance(figure, Person):
            self._shadow(picture, figure, pose)
        elif strokes and isinstance(figure, Vehicle):
            self._car_shadow(picture, figure, pose)
        paint(picture, strokes)

    def _shadow(self, picture: Picture, person: Person, pose: CameraPose) -> None:
        east_m, north_m = shadow_m(person.height_m)
        foot = (person.east_m, person.north_m, person.up_m)
        pixels, depth = project([foot, (foot[0] + east_m, foot[1] + north_m, foot[2])], pose, self._lens)
        if depth.min() >= CLIP_M:
            darken_line(picture, pixels[0], pixels[1], max(1, round(0.36 * self._lens.f_px / depth[0])))

    def _car_shadow(self, picture: Picture, vehicle: Vehicle, pose: CameraPose) -> None:
        """Paint the dark ground under a car, and the shadow of its body."""
        foot_m = footprint_m(vehicle)
        lit_m = np.concatenate([foot_m, foot_m + np.array([*shadow_m(0.8 * vehicle.height_m), 0.0])])
        pixels, depth = project(lit_m, pose, self._lens)
        if depth.min() >= CLIP_M:
            darken_polygon(picture, pixels)


class SimulatedCamera:
    """A source of pictures: the town with its people and cars at the time of the pose."""

    def __init__(self, town: Town, lens: Lens, people: int, seed: int, vehicles: int = 0) -> None:
        self.lens = lens
        self._renderer = Renderer(town, lens, seed)
        self._people = People(town, people, seed)
        self._vehicles = Vehicles(town, vehicles, seed)

    def picture(self, pose: CameraPose) -> Picture:
        """(height, width, 3) BGR."""
        return self._renderer.render(pose, self._people.at(pose.stamp_s), self._vehicles.at(pose.stamp_s))


def _middle_m(one: Figure | Tree) -> float:
    return one.middle_m if isinstance(one, Tree) else one.up_m + one.height_m / 2.0


def _distance_m(one: Figure | Tree, pose: CameraPose) -> float:
    """Distance to a figure. For a tree, the near edge of its crown, which hides people under and behind it."""
    distance_m = float(np.hypot(one.east_m - pose.east_m, one.north_m - pose.north_m))
    return distance_m - one.radius_m if isinstance(one, Tree) else distance_m


def ground_texture(town: Town, seed: int, texel_m: float) -> Picture:
    """BGR ground with texels of this size, row 0 the southernmost: private, pavement and street tones under noise."""
    grid = town.grid
    factor = round(grid.cell_m / texel_m)
    rows, cols = grid.rows * factor, grid.cols * factor
    texture = np.empty((rows, cols, 3), np.uint8)
    texture[:] = PRIVATE
    public = cv2.resize(town.public.astype(np.uint8), (cols, rows), interpolation=cv2.INTER_NEAREST)
    texture[public > 0] = PAVEMENT
    origin = np.array([grid.east_min_m, grid.north_min_m])
    for axis, width_m in town.streets:
        corners = np.rint(((axis - origin) / texel_m - 0.5) * (1 << SHIFT)).astype(np.int32)
        cv2.polylines(texture, [corners], False, STREET, max(1, round(width_m / texel_m)), cv2.LINE_AA, SHIFT)
    cv2.GaussianBlur(texture, (5, 5), 0, dst=texture)
    rng = np.random.default_rng([seed, 13])
    coarse = rng.normal(0, 7, (32, 32)).astype(np.float32)
    noise = (rng.normal(0, 7, (256, 256)) + cv2.resize(coarse, (256, 256), interpolation=cv2.INTER_CUBIC)).astype(
        np.int16
    )
    for row in range(0, rows, 256):
        for col in range(0, cols, 256):
            tile = texture[row : row + 256, col : col + 256]
            tile[:] = np.clip(tile + noise[: tile.shape[0], : tile.shape[1], None], 0, 255)
    return texture
