"""Where the drones of a mission stand: read from the site's pads and terrain alone, without loading the town."""

from __future__ import annotations

from blindspot.config_file import read_yaml
from blindspot.errors import InputError
from blindspot.planning.mission import Mission
from blindspot.planning.plan import Origin, Point
from blindspot.site.frame import LocalFrame
from blindspot.site.places import read_pads
from blindspot.site.site_file import SiteFile


def site_origin(mission: Mission) -> Origin:
    """Where the site's frame touches the earth; raises InputError."""
    return Origin(**read_yaml(mission.site_dir / "site.yaml", SiteFile).origin.model_dump())


def fleet_homes(mission: Mission) -> tuple[Origin, dict[str, Point]]:
    """The site's origin and each drone's pad (ENU, m), by the drone's name; raises InputError for an unknown pad."""
    from blindspot.site.load import load_terrain  # on board only the origin is asked for, without the town

    file = read_yaml(mission.site_dir / "site.yaml", SiteFile)
    origin = site_origin(mission)
    frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
    pads_path = mission.site_dir / file.places.launch_pads
    pads = {
        pad.name: Point(east_m=pad.east_m, north_m=pad.north_m, up_m=pad.up_m)
        for pad in read_pads(pads_path, frame, load_terrain(mission.site_dir))
    }
    homes = {}
    for drone in mission.file.fleet:
        if drone.pad not in pads:
            known = ", ".join(sorted(pads))
            raise InputError(
                mission.path, f"fleet.{drone.name}.pad", f"{pads_path.name} has no pad {drone.pad}", f"it has {known}"
            )
        homes[drone.name] = pads[drone.pad]
    return origin, homes
