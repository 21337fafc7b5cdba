"""The place that a person names, as a square of the atlas."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from pathlib import Path

from blindspot.acts.plans.plan_folders import ATLAS_DIR, plan_folder
from blindspot.core import InputError
from blindspot.mission import Mission
from blindspot.planning.atlas import SQUARE_M, Atlas
from blindspot.site import load_frame

COMMAND = "blindspot dispatch"


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place, m ENU about the site's origin."""

    east_m: float
    north_m: float

    @property
    def square(self) -> tuple[int, int]:
        """The square of the atlas around the place."""
        return floor(self.east_m / SQUARE_M), floor(self.north_m / SQUARE_M)

    def degrees(self, mission: Mission) -> tuple[float, float]:
        """(Latitude, longitude), deg."""
        lon_deg, lat_deg = load_frame(mission.site_dir).to_wgs84(self.east_m, self.north_m)
        return round(float(lat_deg), 6), round(float(lon_deg), 6)


def atlas_folder(mission: Mission) -> Path:
    """Where `blindspot plan` keeps the atlas of a mission by default."""
    return plan_folder(mission.path) / ATLAS_DIR


def at_degrees(mission: Mission, lat_deg: float, lon_deg: float) -> NamedPlace:
    east_m, north_m = load_frame(mission.site_dir).to_enu(lon_deg, lat_deg)
    return NamedPlace(float(east_m), float(north_m))


def at_street(atlas: Atlas, name: str) -> NamedPlace:
    """The middle of the square of a street or public square that a drone sees soonest; if no view shows any of it, of
    one of its squares. Names are compared without case. Raises InputError for a name that the atlas lacks."""
    wanted = name.casefold().strip()
    squares = [one for one in atlas.squares if wanted in (street.casefold() for street in one.streets)]
    if not squares:
        known = {street for one in atlas.squares for street in one.streets}
        like = sorted(street for street in known if wanted and wanted in street.casefold())[:5]
        fix = f"there are {', '.join(like)}" if like else "name a street inside the perimeter of the mission"
        raise InputError(COMMAND, "--street", f"{name} has no public ground in the atlas", fix)
    seen = [one for one in squares if one.views]
    chosen = min(seen, key=lambda one: atlas.views[one.views[0].view].looking_s) if seen else squares[0]
    return NamedPlace(*chosen.middle_m)
