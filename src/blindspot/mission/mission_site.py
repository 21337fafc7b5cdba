"""The town of a mission, with the obstacles of its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from blindspot.mission.mission_file import Mission
from blindspot.site import Site, load_site

FOREVER = datetime(9000, 1, 1, tzinfo=UTC)


def site_of(mission: Mission) -> Site:
    """Load the town in which a mission is planned, checked and flown.

    A dated obstacle counts if the obstacle stands at any time from the mission's earliest flight to its latest landing.
    A mission without a latest landing is flown on later days too, in an operation for weeks: a crane of next week
    counts today.

    Parameters
    ----------
    mission
        A loaded mission.

    Returns
    -------
    Site
        The town at the mission's start.

    Raises
    ------
    InputError
        A file of the site is missing or wrong.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.mission import load_mission
    >>> site_of(load_mission(Path("config/missions/crossroads.yaml"))).name
    'Crossroads'
    """
    file = mission.file
    town = load_site(mission.site_dir, file.earliest, until=file.latest_landing or FOREVER)
    return replace(town, moment=file.start)
