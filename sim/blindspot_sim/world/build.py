"""A site as a Gazebo world: one folder with an SDF file, its meshes and their pictures."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from shapely.geometry import Point, Polygon

from blindspot.site import FixedCamera, Site
from blindspot.vision.town import Town, town_of
from blindspot_sim.pictures.light import light_at
from blindspot_sim.world import traffic
from blindspot_sim.world.figure_mesh import CARS, PEOPLE, write_figures
from blindspot_sim.world.mesh import write_obj
from blindspot_sim.world.pictures import write_pictures
from blindspot_sim.world.town_mesh import buildings, ground

TEMPLATE = "world.sdf.j2"
LABELS = {"ground": 1, "building": 2, "tree": 3, "person": 4, "vehicle": 5}
"""Classes of the segmentation cameras."""
MARGIN_M = 150.0
"""Streets and buildings up to this far outside the area appear in pictures taken over it."""
DOME_PARTS = 4
EYE_PX = (640, 480)
PICTURES, BOX_TYPES = "pictures", ("visible_2d", "full_2d")
"""The folder of pictures with boxes, and its kinds of boxes: around a figure's visible part, and around all of it."""


@dataclass(frozen=True, slots=True)
class Eye:
    """A fixed camera, or a part of a dome, in Gazebo's angles: pitch downwards, yaw counter-clockwise from east."""

    name: str
    east_m: float
    north_m: float
    up_m: float
    pitch_rad: float
    yaw_rad: float
    hfov_rad: float
    width_px: int
    height_px: int
    range_m: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """Numbers of walkers and moving cars, and the seed of their ways."""

    people: int
    cars: int
    seed: int


def build_world(
    site: Site, area: Polygon, moment: datetime, folder: Path, name: str, moving: Traffic, *,
    shadows: bool = False, fixed_cameras: bool = False, photographers: Sequence[Eye] = (),
    progress: Callable[[str, int], None] = lambda stage, done: None,
) -> Path:  # fmt: skip
    """Write the Gazebo world of an area and its surroundings.

    Parameters
    ----------
    site
        The town.
    area
        The area, ENU m.
    moment
        The time that gives the light; with a time zone.
    folder, name
        The folder to write, and the world's name.
    moving
        Numbers and seed of people and cars.
    shadows, fixed_cameras
        Whether the sun casts shadows, and whether the site's fixed cameras take pictures.
    photographers
        With these eyes, people and cars stand still, and each eye stores a picture with boxes (`aerial_pictures`).
    progress
        Called with the name and number of each of five stages as it begins.

    Returns
    -------
    Path
        The SDF file, `name`.sdf.

    Raises
    ------
    OSError
        If the folder is not writable.
    """
    progress("public ground", 0)
    town = town_of(site, area, margin_m=MARGIN_M)
    progress("meshes", 1)
    town_parts, ground_parts = buildings(town.prisms, moving.seed), ground(town)
    progress("pictures", 2)
    pictures = write_pictures(folder, town, moving.seed)
    progress("files", 3)
    for file, parts in (("town.obj", town_parts), ("ground.obj", ground_parts)):
        write_obj(folder / file, parts, {part.material: pictures[part.material] for part in parts})
    progress("people and cars", 4)
    write_figures(folder, moving.people, moving.cars)
    world = folder / f"{name}.sdf"
    text = _sdf(site, town, area, moment, world, moving, shadows, fixed_cameras, photographers)
    world.write_text(text, encoding="utf-8")
    return world


def identifier(name: str) -> str:
    """The name in a form that Gazebo accepts in models and topics."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "world"


def _sdf(
    site: Site, town: Town, area: Polygon, moment: datetime, world: Path, moving: Traffic, shadows: bool,
    fixed_cameras: bool, photographers: Sequence[Eye],
) -> str:  # fmt: skip
    around = area.buffer(MARGIN_M)
    loader = FileSystemLoader(Path(__file__).parent)
    template = Environment(loader=loader, undefined=StrictUndefined, autoescape=True).get_template(TEMPLATE)
    return template.render(
        name=world.stem,
        frame=site.frame,
        light=light_at(site.frame, moment),
        shadows=shadows,
        labels=LABELS,
        identifier=identifier,
        people_kinds=PEOPLE,
        car_kinds=CARS,
        trees=[tree for tree in site.trees if around.covers(Point(tree.east_m, tree.north_m))],
        poles=[
            (pole, site.terrain.at(pole.east_m, pole.north_m))
            for pole in site.poles
            if around.covers(Point(pole.east_m, pole.north_m))
        ],
        pads=[pad for pad in site.pads if around.covers(Point(pad.east_m, pad.north_m))],
        people=traffic.people(town, moving.people, moving.seed),
        cars=traffic.cars(town, moving.cars, moving.seed),
        eyes=[eye for camera in site.cameras if fixed_cameras for eye in eyes_of(site, camera, area)],
        photographers=photographers,
        pictures_name=PICTURES,
        box_types=BOX_TYPES,
        folder=world.parent.resolve(),
    )


def eyes_of(site: Site, camera: FixedCamera, area: Polygon) -> Iterator[Eye]:
    """The eyes of a fixed camera inside the area: one for a known direction, four for a dome, none if it turns."""
    if not camera.always_sees or not area.covers(Point(camera.east_m, camera.north_m)):
        return
    up_m = site.terrain.at(camera.east_m, camera.north_m) + camera.height_m
    parts = DOME_PARTS if camera.kind == "dome" else 1
    hfov_deg = 360.0 / DOME_PARTS if camera.kind == "dome" else camera.hfov_deg
    for part in range(parts):
        heading_deg = (camera.heading_deg or 0.0) + part * 360.0 / DOME_PARTS
        yield Eye(
            f"camera_{identifier(camera.id)}" + (f"_{part}" if parts > 1 else ""),
            camera.east_m, camera.north_m, up_m, math.radians(-camera.tilt_deg), math.radians(90.0 - heading_deg),
            math.radians(hfov_deg), *EYE_PX, camera.range_m,
        )  # fmt: skip
