"""A plain picture of the town from any camera pose, with OpenCV polygons: ground, walls, roofs, trees, people, cars,
their shadows.

It needs no graphics library and no z-buffer: it paints surfaces from the farthest to the nearest. It aims at low cost
(one core, small memory) and exact geometry: a point of the town falls on the pixel that `blindspot.camera.projection`
returns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, project
from blindspot.vision.town import CLIP_M, Surface, Town, Tree
from blindspot_sim.pictures.figures import Colour, Figure, TrueBox, footprint_m, paint, scaled, strokes_of
from blindspot_sim.pictures.ground import ground_texture
from blindspot_sim.pictures.light import RENDERED
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.shading import (
    SensorNoise,
    cast_shadows,
    darken_line,
    darken_polygon,
    draw_windows,
    fill,
    shadow_m,
)
from blindspot_sim.pictures.townscape import TEXEL_M, Townscape
from blindspot_sim.pictures.trees import strokes_of_tree
from blindspot_sim.pictures.vehicles import Vehicle
from blindspot_sim.pictures.weather import CLEAR, Weather

Picture = NDArray[np.uint8]

SKY: Colour = (214, 196, 176)
FAR_GROUND: Colour = (110, 122, 116)
WALLS: tuple[Colour, ...] = ((170, 192, 208), (186, 202, 212), (150, 172, 196), (196, 206, 210), (160, 180, 190))
ROOFS: tuple[Colour, ...] = ((92, 84, 80), (76, 92, 132), (104, 96, 92), (84, 100, 140), (116, 110, 106))


class Renderer:
    """Pictures of one town through one lens, in one weather. Deterministic for a seed, which gives colours, textures
    and sensor noise; pictures are independent."""

    def __init__(self, town: Town, lens: Lens, seed: int = 0, weather: Weather = CLEAR) -> None:
        self._lens, self._weather = lens, weather
        self._townscape = Townscape(town, lens)
        self._tones = np.random.default_rng([seed, 11]).integers(0, 1 << 30, len(town.prisms))
        self._texture = ground_texture(town, seed, TEXEL_M)
        cast_shadows(self._texture, town, TEXEL_M)
        self._noise = SensorNoise(lens.width_px, lens.height_px, seed, weather.gain)

    def render(self, pose: CameraPose, people: Sequence[Person] = (), vehicles: Sequence[Vehicle] = ()) -> Picture:
        """The camera's view of the town, the people and the cars at one moment: (height, width, 3) BGR."""
        picture = self._ground(pose)
        for part in self._townscape.far_to_near(pose, [*people, *vehicles]):
            if isinstance(part, Surface):
                fill(picture, part.rings, self._colour(part))
                draw_windows(picture, part)
            elif isinstance(part, Tree):
                paint(picture, strokes_of_tree(part, pose, self._lens))
            else:
                self._figure(picture, part, pose)
        return self._noise.add(self._weather.over(picture, pose, self._lens, self._townscape.level_m), pose.stamp_s)

    def _ground(self, pose: CameraPose) -> Picture:
        """The ground under the sky."""
        picture = self._townscape.ground(self._texture, FAR_GROUND, pose)
        if (sky := self._townscape.sky(pose)) is not None:
            picture[sky] = SKY
        return picture

    def true_boxes(
        self, pose: CameraPose, people: Sequence[Person] = (), vehicles: Sequence[Vehicle] = ()
    ) -> tuple[TrueBox, ...]:
        """The ground truth of `render`."""
        return self._townscape.true_boxes(pose, [*people, *vehicles])

    def _colour(self, surface: Surface) -> Colour:
        """A building's own tone. Walls are lit by their angle to the sun."""
        tone = int(self._tones[surface.building])
        if surface.facing_deg is None:
            return ROOFS[tone // 8 % len(ROOFS)]
        light = 0.72 + 0.28 * math.cos(math.radians(surface.facing_deg - RENDERED.heading_deg))
        return scaled(WALLS[tone % len(WALLS)], light)

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
