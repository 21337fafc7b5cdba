"""The priorities and targets of a mission on the ground plan: polygons of a file, or the surroundings of a street."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

from blindspot.core import InputError
from blindspot.mission.mission_file import Mission, NamedArea
from blindspot.site import Site, read_areas

BESIDE_STREET_M = 12.0
"""A street with a priority reaches this far beyond its carriageway, m, as public ground does."""
NAMES_SHOWN = 8


def priority_areas(mission: Mission, site: Site) -> tuple[tuple[BaseGeometry, float], ...]:
    """The areas with a weight of their own.

    Parameters
    ----------
    mission, site
        The mission and its town.

    Returns
    -------
    tuple
        (area, m ENU; weight of a square metre in it) of each priority, in the order of the mission file. Where areas
        overlap, the greatest weight counts. Elsewhere the weight is 1.

    Raises
    ------
    InputError
        A file is wrong, or the site has no street of that name.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.mission import load_mission, site_of
    >>> mission = load_mission(Path("config/missions/crossroads.yaml"))
    >>> priority_areas(mission, site_of(mission))
    ()
    """
    return tuple(
        (_area(mission, site, f"priorities item {k}, area", one), one.weight)
        for k, one in enumerate(mission.file.priorities, 1)
    )


def target_areas(mission: Mission, site: Site) -> dict[str, BaseGeometry]:
    """The area of each target of an overwatch, m ENU, by the target's name; raises InputError as `priority_areas`."""
    return {
        one.name: _area(mission, site, f"targets item {k}, area", one) for k, one in enumerate(mission.file.targets, 1)
    }


def _area(mission: Mission, site: Site, field: str, one: NamedArea) -> BaseGeometry:
    if one.is_file:
        areas = read_areas(mission.path.parent / one.area, site.frame)
        return shapely.union_all([polygon for _, _, polygon in areas])
    wanted = one.area.casefold()
    named = [
        road.axis.buffer(road.width_m / 2 + BESIDE_STREET_M) for road in site.roads if road.name.casefold() == wanted
    ]
    if not named:
        names = sorted({road.name for road in site.roads if road.name})
        known = ", ".join(names[:NAMES_SHOWN]) + (f" and {len(names) - NAMES_SHOWN} more" * (len(names) > NAMES_SHOWN))
        fix = f"it has: {known}" if names else "its roads have no names: give a GeoJSON file"
        raise InputError(mission.path, field, f"the site has no street {one.area!r}", fix)
    return shapely.union_all(named)
