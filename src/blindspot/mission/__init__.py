"""The contracts that every package shares: mission, fleet, plan and situation files, and flight times."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.mission.drone_model import DroneModel
    from blindspot.mission.fleet_file import Fleet, load_fleet
    from blindspot.mission.ground_masks import GroundMasks
    from blindspot.mission.homes import NoFly, no_fly_zones, site_pads
    from blindspot.mission.mission_copy import MissionRef, run_folder
    from blindspot.mission.mission_file import Limits, Mission, MissionFile, Wind, load_mission
    from blindspot.mission.mission_site import site_of
    from blindspot.mission.plan import (
        Aim,
        DensityBand,
        Expected,
        Failsafe,
        Leg,
        Origin,
        Plan,
        Point,
        Relief,
        Route,
        Step,
        View,
        Waypoint,
        load_plan,
        parse_plan,
    )
    from blindspot.mission.plan_figures import (
        Coverage,
        Intrusion,
        Minutes,
        Sortie,
        UnseenGround,
        ViewCounts,
    )
    from blindspot.mission.priorities import priority_areas


else:
    __getattr__, __all__ = open_door(__name__)
