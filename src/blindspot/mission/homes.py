"""Pads and no-fly zones of a mission or a fleet, read from the site's drawn files; the town itself stays unread."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from blindspot.core import InputError
from blindspot.mission.fleet_file import Fleet
from blindspot.mission.mission_file import Mission
from blindspot.mission.plan import Origin, Point
from blindspot.site import geojson, places, read_areas, site_file


def fleet_homes(of: Mission | Fleet) -> tuple[Origin, dict[str, Point]]:
    """The site's origin and the pad of each drone of a mission or a fleet (ENU, m), by the drone's name.

    Raises InputError for an unknown pad.
    """
    from blindspot.site import load_terrain

    field, drones = ("fleet", of.file.fleet) if isinstance(of, Mission) else ("drones", of.file.drones)
    file = site_file.read_site_file(of.site_dir)
    origin = Origin(**file.origin.model_dump())
    pads_path = of.site_dir / file.places.launch_pads
    pads = {
        pad.name: Point(east_m=pad.east_m, north_m=pad.north_m, up_m=pad.up_m)
        for pad in places.read_pads(pads_path, origin.frame, load_terrain(of.site_dir))
    }
    homes = {}
    for drone in drones:
        if drone.pad not in pads:
            known = ", ".join(sorted(pads)) or "none: draw one there"
            problem = f"{pads_path.name} has no pad {drone.pad}"
            raise InputError(of.path, f"{field}.{drone.name}.pad", problem, f"it has {known}")
        homes[drone.name] = pads[drone.pad]
    return origin, homes


@dataclass(frozen=True, slots=True)
class NoFly:
    """A no-fly zone: its outline, (east_m, north_m) corners, the first one once, and its heights above the datum."""

    name: str
    ring: tuple[tuple[float, float], ...]
    floor_m: float
    ceiling_m: float


def no_fly_zones(mission: Mission) -> tuple[NoFly, ...]:
    """The site's no-fly zones; a missing height closes a zone down to the ground or up to the sky."""
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
