"""Pads and no-fly zones of a mission or a fleet, read from the site's drawn files; the town itself stays unread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from blindspot.core import InputError
from blindspot.mission.fleet_file import Fleet
from blindspot.mission.mission_file import Mission
from blindspot.mission.plan import Origin, Point
from blindspot.site import places, read_areas, site_file
from blindspot.site.town import geojson


def site_pads(of: Mission | Fleet) -> tuple[Origin, dict[str, Point]]:
    """Read origin and launch pads of the site of a mission or a fleet.

    Parameters
    ----------
    of
        A loaded mission or fleet.

    Returns
    -------
    (Origin, dict of Point)
        The origin of the site, and each pad (m ENU) by name.

    Raises
    ------
    InputError
        The site lacks a pad of the file.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.mission import load_mission
    >>> sorted(site_pads(load_mission(Path("config/missions/crossroads.yaml")))[1])
    ['north', 'south']
    """
    from blindspot.site import load_terrain

    file = site_file.read_site_file(of.site_dir)
    origin = Origin(**file.origin.model_dump())
    path = of.site_dir / file.places.launch_pads
    pads = {
        pad.name: Point(east_m=pad.east_m, north_m=pad.north_m, up_m=pad.up_m)
        for pad in places.read_pads(path, origin.frame, load_terrain(of.site_dir))
    }
    for field, name in _asked(of):
        if name not in pads:
            known = ", ".join(sorted(pads)) or "none: draw one there"
            raise InputError(of.path, field, f"{path.name} has no pad {name}", f"it has {known}")
    return origin, pads


def _asked(of: Mission | Fleet) -> Iterator[tuple[str, str]]:
    """(field, pad) of every pad that the file names."""
    field, drones = ("fleet", of.file.fleet) if isinstance(of, Mission) else ("drones", of.file.drones)
    for drone in drones:
        yield f"{field}.{drone.name}.pad", drone.pad
    if isinstance(of, Mission):
        yield from (("further_pads", name) for name in of.file.further_pads)


@dataclass(frozen=True, slots=True)
class NoFly:
    """A no-fly zone: the outline, (east_m, north_m) corners, the first corner once, and the heights above the datum."""

    name: str
    ring: tuple[tuple[float, float], ...]
    floor_m: float
    ceiling_m: float


def no_fly_zones(mission: Mission) -> tuple[NoFly, ...]:
    """Read the no-fly zones of a mission's site.

    Parameters
    ----------
    mission
        A loaded mission.

    Returns
    -------
    tuple of NoFly
        The zones, m ENU. A missing height closes a zone down to the ground or up to the sky.

    Raises
    ------
    InputError
        The file of the zones is missing or wrong.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.mission import load_mission
    >>> [zone.name for zone in no_fly_zones(load_mission(Path("config/missions/crossroads.yaml")))]
    ['Roof garden']
    """
    file = site_file.read_site_file(mission.site_dir)
    if file.places.no_fly_zones is None:
        return ()
    frame = Origin(**file.origin.model_dump()).frame
    zones = []
    for name, properties, polygon in read_areas(mission.site_dir / file.places.no_fly_zones, frame):
        ring = tuple((float(east_m), float(north_m)) for east_m, north_m in polygon.exterior.coords[:-1])
        floor_m, ceiling_m = geojson.number(properties, "floor_m"), geojson.number(properties, "ceiling_m")
        zones.append(NoFly(name, ring, -inf if floor_m is None else floor_m, inf if ceiling_m is None else ceiling_m))
    return tuple(zones)
