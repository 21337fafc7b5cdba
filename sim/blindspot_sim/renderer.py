"""A plain picture of the town from any camera pose, with OpenCV polygons: ground, walls, roofs, people, their shadows.

No graphics library, no z-buffer: surfaces are painted from the farthest to the nearest. Made to be cheap (one core,
small memory) and geometrically right, not beautiful: a point of the town falls on the pixel that
`blindspot.vision.projection` says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.optics import Lens
from blindspot.vision.projection import CameraPose, centre_px, project, rays
from blindspot.vision.town import Town
from blindspot.vision.town_view import CLIP_M, Surface, TownView
from blindspot_sim.light import SUN_DEG, SensorNoise, cast_shadows, darken_line, draw_windows, shadow_m
from blindspot_sim.people import People, Person

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

TEXEL_M = 0.25
SKY: Colour = (214, 196, 176)
FAR_GROUND: Colour = (110, 122, 116)
PRIVATE: Colour = (88, 128, 104)
PAVEMENT: Colour = (158, 162, 166)
STREET: Colour = (96, 94, 92)
WALLS: tuple[Colour, ...] = ((170, 192, 208), (186, 202, 212), (150, 172, 196), (196, 206, 210), (160, 180, 190))
ROOFS: tuple[Colour, ...] = ((92, 84, 80), (76, 92, 132), (104, 96, 92), (84, 100, 140), (116, 110, 106))
CLOTHES: tuple[Colour, ...] = (
    (60, 60, 160),
    (140, 70, 40),
    (50, 110, 60),
    (40, 40, 44),
    (40, 130, 190),
    (150, 140, 150),
)
SKIN: Colour = (150, 180, 220)
HAIR: Colour = (40, 48, 60)
BODY: tuple[tuple[str, float, tuple[float, float], tuple[float, float], float], ...] = (
    ("legs", 0.08, (0.28, 0.02), (0.0, 0.48), 0.14),
    ("legs", -0.08, (-0.28, 0.02), (0.0, 0.48), 0.14),
    ("arms", 0.24, (-0.16, 0.50), (0.0, 0.80), 0.09),
    ("arms", -0.24, (0.16, 0.50), (0.0, 0.80), 0.09),
    ("body", 0.0, (0.0, 0.52), (0.0, 0.78), 0.36),
    ("head", 0.0, (0.02, 0.90), (0.02, 0.93), 0.18),
    ("hair", 0.0, (-0.03, 0.955), (0.0, 0.965), 0.17),
)
"""A walking body: part, metres aside, (metres ahead, share of the height) of both ends, width in metres."""
SHIFT = 4
"""Binary places of the sub-pixel coordinates that OpenCV draws with."""
BLOCK_PX = 8
"""Side of the blocks of pixels between whose middles the way to the terrain is interpolated."""
TERRAIN_STEPS = 5
FAR_TEXELS = 30_000.0
"""Where no texture reaches, and OpenCV still counts."""


class Renderer:
    """Pictures of one town through one lens. Deterministic for a seed; the pictures share no state."""

    def __init__(self, town: Town, lens: Lens, seed: int = 0) -> None:
        self._lens = lens
        self._view = TownView(town, lens, to_the_top=False)
        self._tones = np.random.default_rng([seed, 11]).integers(0, 1 << 30, len(town.prisms))
        self._town = town
        self._level_m = float(np.median(town.ground_m))
        self._texture = ground_texture(town, seed, TEXEL_M)
        cast_shadows(self._texture, town, TEXEL_M)
        self._noise = SensorNoise(lens.width_px, lens.height_px, seed)

    def render(self, pose: CameraPose, people: Sequence[Person] = ()) -> Picture:
        """(height, width, 3) BGR, as the camera sees the town and the people at one moment."""
        picture = self._ground(pose)
        walking = sorted(self._in_sight(people, pose), key=lambda person: _distance_m(person, pose))
        distances_m = self._view.distances_m(pose)
        for surface in self._view.surfaces(pose):
            while walking and _distance_m(walking[-1], pose) > distances_m[surface.building]:
                self._person(picture, walking.pop(), pose)
            _fill(picture, surface, self._colour(surface))
            draw_windows(picture, surface)
        while walking:
            self._person(picture, walking.pop(), pose)
        return self._noise.add(picture, pose.stamp_s)

    def _ground(self, pose: CameraPose) -> Picture:
        """The ground's texture as the terrain carries it, under the sky.

        At half the size, which the texture's grain does not show.
        """
        lens = self._lens
        half = cv2.remap(
            self._texture, *self._texels(pose),
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=FAR_GROUND,
        )  # fmt: skip
        picture = cv2.resize(half, None, fx=2, fy=2)[: lens.height_px, : lens.width_px]
        # A pixel's ray falls when (slope . (u, v, 1)) < 0; what does not fall is sky.
        slope = pose.rotation[:, 2] / (lens.f_px, lens.f_px, 1.0)
        slope[2] -= slope[:2] @ centre_px(lens)
        corners = np.array([[0, 0, 1], [lens.width_px - 1, 0, 1], [lens.width_px - 1, lens.height_px - 1, 1],
                            [0, lens.height_px - 1, 1]], float)  # fmt: skip
        if (corners @ slope >= 0).any():
            rows = np.arange(lens.height_px)[:, None] * slope[1] + slope[2]
            picture[rows + np.arange(lens.width_px)[None, :] * slope[0] >= 0] = SKY
        return np.asarray(picture, np.uint8)

    def _texels(self, pose: CameraPose) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Column and row of the texel that each pixel of the half-size picture shows, shaped as it.

        Rays are followed to the terrain for the middles of blocks of pixels only, by fixed-point steps from its level.
        """
        half_size = (-(-self._lens.width_px // 2), -(-self._lens.height_px // 2))
        across, down = (-(-pixels // BLOCK_PX) + 2 for pixels in half_size)  # a block beyond each edge
        u, v = (2.0 * ((np.arange(count) - 0.5) * BLOCK_PX - 0.5) + 0.5 for count in (across, down))
        directions = rays(np.stack(np.meshgrid(u, v), axis=-1), pose, self._lens)
        falling = np.minimum(directions[:, 2], -1e-3)  # what hardly falls ends far away, on no texel
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
        """A building's own tone; its walls by how they face the sun."""
        tone = int(self._tones[surface.building])
        if surface.facing_deg is None:
            return ROOFS[tone // 8 % len(ROOFS)]
        light = 0.72 + 0.28 * math.cos(math.radians(surface.facing_deg - SUN_DEG))
        return _scaled(WALLS[tone % len(WALLS)], light)

    def _in_sight(self, people: Sequence[Person], pose: CameraPose) -> list[Person]:
        """Those whose middle is in the picture or less than a body's height beside it."""
        middles = np.array([(p.east_m, p.north_m, p.up_m + p.height_m / 2) for p in people]).reshape(-1, 3)
        pixels, depth = project(middles, pose, self._lens)
        beside = 2.0 * self._lens.f_px / np.maximum(depth, CLIP_M)
        size = (self._lens.width_px, self._lens.height_px)
        seen = ((pixels > -beside[:, None]) & (pixels < size + beside[:, None])).all(axis=1)
        return [person for person, is_seen in zip(people, np.asarray(seen), strict=True) if is_seen]

    def _person(self, picture: Picture, person: Person, pose: CameraPose) -> None:
        """Legs, body, arms and head of true size, each a thick line between two points of the body."""
        heading = math.radians(person.heading_deg)
        along, across = (math.sin(heading), math.cos(heading)), (math.cos(heading), -math.sin(heading))
        east_m, north_m = person.east_m, person.north_m
        points = [
            (east_m + aside * across[0] + ahead * along[0], north_m + aside * across[1] + ahead * along[1],
             person.up_m + level * person.height_m)
            for _, aside, *ends, _ in BODY for ahead, level in ends
        ]  # fmt: skip
        pixels, depth = project(np.array(points), pose, self._lens)
        if depth.min() < CLIP_M:
            return
        self._shadow(picture, person, pose)
        clothes = CLOTHES[person.number % len(CLOTHES)]
        trousers = _scaled(CLOTHES[(person.number * 5 + 3) % len(CLOTHES)], 0.7)
        colours = {"legs": trousers, "arms": _scaled(clothes, 0.85), "body": clothes, "head": SKIN, "hair": HAIR}
        for part, (name, _, _, _, width_m) in enumerate(BODY):
            a, b = (tuple(round(c * (1 << SHIFT)) for c in pixels[2 * part + end]) for end in (0, 1))
            thickness = max(1, round(width_m * self._lens.f_px / depth[2 * part]))
            cv2.line(picture, a, b, colours[name], thickness, cv2.LINE_AA, SHIFT)

    def _shadow(self, picture: Picture, person: Person, pose: CameraPose) -> None:
        east_m, north_m = shadow_m(person.height_m)
        foot = (person.east_m, person.north_m, person.up_m)
        pixels, depth = project([foot, (foot[0] + east_m, foot[1] + north_m, foot[2])], pose, self._lens)
        if depth.min() >= CLIP_M:
            darken_line(picture, pixels[0], pixels[1], max(1, round(0.36 * self._lens.f_px / depth[0])))


class SimulatedCamera:
    """A source of pictures: the town with its people at the time of the pose."""

    def __init__(self, town: Town, lens: Lens, people: int, seed: int) -> None:
        self.lens = lens
        self._renderer = Renderer(town, lens, seed)
        self._people = People(town, people, seed)

    def picture(self, pose: CameraPose) -> Picture:
        """(height, width, 3) BGR."""
        return self._renderer.render(pose, self._people.at(pose.stamp_s))


def _distance_m(person: Person, pose: CameraPose) -> float:
    return float(np.hypot(person.east_m - pose.east_m, person.north_m - pose.north_m))


def _fill(picture: Picture, surface: Surface, colour: Colour) -> None:
    polygons = [np.rint(ring * (1 << SHIFT)).astype(np.int32) for ring in surface.rings]
    cv2.fillPoly(picture, polygons, colour, cv2.LINE_8, SHIFT)


def _scaled(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, int(channel * factor)) for channel in colour)
    return blue, green, red


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
