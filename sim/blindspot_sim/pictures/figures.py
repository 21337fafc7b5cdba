"""Drawing of people and cars as strokes of true size, from the ground up.

A figure is a few thick lines and polygons in the picture. In their own colours they are the camera's view; in a single
colour they are the figure's outline, which a true box encloses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, project
from blindspot.vision.town import CLIP_M
from blindspot_sim.pictures.light import RENDERED
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.vehicles import Vehicle

Floats = NDArray[np.float64]
Colour = tuple[int, int, int]
Figure = Person | Vehicle

SHIFT = 4
"""Fractional bits of OpenCV's sub-pixel coordinates."""
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
"""A walking body: part, metres to the side, (metres ahead, share of the height) of both ends, width in metres."""
PAINTS: tuple[Colour, ...] = (
    (200, 200, 200), (60, 58, 56), (150, 148, 146), (40, 40, 150), (120, 70, 40), (225, 225, 225), (96, 100, 104),
)  # fmt: skip
GLASS: Colour = (62, 54, 46)
DARK: Colour = (34, 34, 34)
LAMP: Colour = (225, 235, 240)
REAR_LAMP: Colour = (40, 40, 190)
WINDOW = ((0.08, 0.92), (0.12, 0.9))
LAMPS = (((0.04, 0.26), (0.45, 0.8)), ((0.74, 0.96), (0.45, 0.8)))
WHEELS = (((0.1, 0.26), (-0.35, 0.42)), ((0.74, 0.9), (-0.35, 0.42)))
"""Extent across a wall and up it, as shares."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A polygon, (n, 2) pixels, or a line between two pixels if `thickness_px` is above 0. `part` names the piece of
    the figure."""

    pixels: Floats
    colour: Colour
    part: str
    thickness_px: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """The part of a picture that strokes cover: its box, its area, and whether all of it lies inside the picture."""

    box_xyxy: tuple[int, int, int, int]
    area_px: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class TrueBox:
    """A box in pixels around the part of a figure inside the picture, hidden parts included. `seen` is the visible
    share of it, or 0 if the figure reaches beyond the picture."""

    label: str
    box_xyxy: tuple[int, int, int, int]
    seen: float


@dataclass(frozen=True, slots=True)
class _Block:
    """A part of a car with sloping walls. Foot and top each have: start and end along the car, as shares of the length
    from its middle; width, as a share of the car's width; height, as a share of the car's height."""

    foot: tuple[float, float, float, float]
    top: tuple[float, float, float, float]

    def corners_m(self, vehicle: Vehicle) -> Floats:
        """(2, 4, 3) across, along and up of the foot and the top: rear left, rear right, front right, front left."""
        size_m = (vehicle.width_m / 2, vehicle.length_m, vehicle.height_m)
        rings = [
            [(-wide, rear, up), (wide, rear, up), (wide, front, up), (-wide, front, up)]
            for rear, front, wide, up in (self.foot, self.top)
        ]
        return np.array(rings) * size_m


CHASSIS = _Block((-0.47, 0.47, 0.9, 0.0), (-0.47, 0.47, 0.9, 0.18))
HULL = _Block((-0.5, 0.5, 1.0, 0.14), (-0.49, 0.48, 0.97, 0.62))
CABIN = _Block((-0.46, 0.24, 0.95, 0.62), (-0.36, 0.08, 0.8, 1.0))


def strokes_of(figure: Figure, pose: CameraPose, lens: Lens) -> list[Stroke]:
    """Strokes of a figure in the order of painting; empty if the figure reaches behind the camera."""
    return _person(figure, pose, lens) if isinstance(figure, Person) else _vehicle(figure, pose, lens)


def paint(picture: NDArray[Any], strokes: Sequence[Stroke], colour: int | None = None) -> None:
    """Paint strokes. With `colour`, use this single value and hard edges."""
    line = cv2.LINE_AA if colour is None else cv2.LINE_8
    for stroke in strokes:
        points = np.rint(stroke.pixels * (1 << SHIFT)).astype(np.int32)
        value = stroke.colour if colour is None else colour
        if stroke.thickness_px:
            cv2.line(picture, points[0].tolist(), points[1].tolist(), value, stroke.thickness_px, line, SHIFT)
        else:
            cv2.fillPoly(picture, [points], value, line, SHIFT)


def outline_of(strokes: Sequence[Stroke], lens: Lens) -> Outline | None:
    """The outline of strokes in a picture of the lens; None if all lie outside."""
    if not strokes:
        return None
    reach = np.concatenate([stroke.pixels + side * stroke.thickness_px / 2 for stroke in strokes for side in (-1, 1)])
    low, high = np.floor(reach.min(axis=0)).astype(int), np.ceil(reach.max(axis=0)).astype(int) + 1
    (x1, y1), (x2, y2) = np.maximum(low, 0), np.minimum(high, (lens.width_px, lens.height_px))
    if x2 <= x1 or y2 <= y1:
        return None
    canvas = np.zeros((y2 - y1, x2 - x1), np.uint8)
    paint(canvas, [replace(stroke, pixels=stroke.pixels - (x1, y1)) for stroke in strokes], 255)
    x, y, wide, tall = cv2.boundingRect(canvas)
    box = (int(x + x1), int(y + y1), int(x + x1 + wide), int(y + y1 + tall))
    is_whole = bool((low >= 0).all() and (high <= (lens.width_px, lens.height_px)).all())
    return Outline(box, cv2.countNonZero(canvas), is_whole) if wide else None


def footprint_m(vehicle: Vehicle) -> Floats:
    """(4, 3) ENU corners of the ground under a car."""
    return _placed(CHASSIS.corners_m(vehicle)[0], vehicle)


def _placed(points_m: Floats, vehicle: Vehicle) -> Floats:
    """(n, 3) ENU of (n, 3) points across, along and up of a car."""
    heading = math.radians(vehicle.heading_deg)
    turn = np.array([[math.cos(heading), -math.sin(heading), 0], [math.sin(heading), math.cos(heading), 0], [0, 0, 1]])
    return np.asarray(points_m @ turn + (vehicle.east_m, vehicle.north_m, vehicle.up_m))


def colours_of(number: int) -> dict[str, Colour]:
    """Colours of the parts of a person's BODY."""
    clothes = CLOTHES[number % len(CLOTHES)]
    trousers = scaled(CLOTHES[(number * 5 + 3) % len(CLOTHES)], 0.7)
    return {"legs": trousers, "arms": scaled(clothes, 0.85), "body": clothes, "head": SKIN, "hair": HAIR}


def _person(person: Person, pose: CameraPose, lens: Lens) -> list[Stroke]:
    """Legs, body, arms and head, each a thick line between two points of the body."""
    heading = math.radians(person.heading_deg)
    along, across = (math.sin(heading), math.cos(heading)), (math.cos(heading), -math.sin(heading))
    east_m, north_m = person.east_m, person.north_m
    points = [
        (east_m + aside * across[0] + ahead * along[0], north_m + aside * across[1] + ahead * along[1],
         person.up_m + level * person.height_m)
        for _, aside, *ends, _ in BODY for ahead, level in ends
    ]  # fmt: skip
    pixels, depth = project(np.array(points), pose, lens)
    if depth.min() < CLIP_M:
        return []
    colours = colours_of(person.number)
    return [
        Stroke(pixels[2 * at : 2 * at + 2], colours[name], name, max(1, round(width_m * lens.f_px / depth[2 * at])))
        for at, (name, _, _, _, width_m) in enumerate(BODY)
    ]


def _vehicle(vehicle: Vehicle, pose: CameraPose, lens: Lens) -> list[Stroke]:
    """The walls and tops that face the camera, the lower parts first."""
    panels = list(panels_of(vehicle))
    quads = np.array([panel.corners_m for panel in panels]).reshape(-1, 3)
    pixels, depth = project(_placed(quads, vehicle), pose, lens)
    if depth.min() < CLIP_M:
        return []
    return [
        Stroke(
            quad, panel.colour if panel.side is None else scaled(panel.colour, _light(vehicle, panel.side)), panel.part
        )
        for quad, panel in zip(pixels.reshape(-1, 4, 2), panels, strict=True)
        if _faces_the_camera(quad)
    ]


@dataclass(frozen=True, slots=True)
class Panel:
    """A flat piece of a car: (4, 3) corners across to the right, along and up, in m from the middle of its footprint,
    anticlockwise as seen from outside. `part` names the piece. `side` marks a wall, whose colour is still unlit: 0 is
    the rear, then right, front, left."""

    corners_m: Floats
    colour: Colour
    part: str
    side: int | None = None


def _light(vehicle: Vehicle, side: int) -> float:
    facing_deg = vehicle.heading_deg + (180.0, 90.0, 0.0, 270.0)[side]
    return 0.72 + 0.28 * math.cos(math.radians(facing_deg - RENDERED.heading_deg))


def panels_of(vehicle: Vehicle) -> Iterator[Panel]:
    """All panels of a car, the lower parts first, and a wall's windows, wheels and lamps after the wall."""
    paint_colour = PAINTS[vehicle.number % len(PAINTS)]
    for block, colour, on_top in (
        (CHASSIS, DARK, "chassis"), (HULL, paint_colour, "bonnet"), (CABIN, paint_colour, "car"),
    ):  # fmt: skip
        foot, top = block.corners_m(vehicle)
        for side in range(4):
            wall = np.array([foot[side], foot[(side + 1) % 4], top[(side + 1) % 4], top[side]])
            yield Panel(wall, colour, "chassis" if block is CHASSIS else "car", side)
            yield from (Panel(*on_wall) for on_wall in _on_wall(block, side, wall))
        yield Panel(top, scaled(colour, 1.05), on_top)


def _on_wall(block: _Block, side: int, wall: Floats) -> Iterator[tuple[Floats, Colour, str]]:
    """Windows, wheels and lamps."""
    if block is CABIN:
        yield _part(wall, *WINDOW), GLASS, "glass"
    elif block is HULL and side % 2:
        for wheel in WHEELS:
            yield _part(wall, *wheel), DARK, "wheel"
    elif block is HULL:
        for lamp in LAMPS:
            yield _part(wall, *lamp), LAMP if side == 2 else REAR_LAMP, "glass"


def _part(wall: Floats, across: tuple[float, float], up: tuple[float, float]) -> Floats:
    """A part of a wall between two shares of its width and of its height."""
    (left, right), (low, high) = across, up
    shares = np.array([(left, low), (right, low), (right, high), (left, high)])
    foot = wall[0] + shares[:, :1] * (wall[1] - wall[0])
    top = wall[3] + shares[:, :1] * (wall[2] - wall[3])
    return np.asarray(foot + shares[:, 1:] * (top - foot))


def _faces_the_camera(quad: Floats) -> bool:
    """True if corners that run anticlockwise seen from outside do so in the picture too. Rows count downwards."""
    following = np.roll(quad, -1, axis=0)
    return bool((quad[:, 0] * following[:, 1] - quad[:, 1] * following[:, 0]).sum() < 0)


def scaled(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, int(channel * factor)) for channel in colour)
    return blue, green, red
