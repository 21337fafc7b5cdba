"""The contracts that every package shares: mission, fleet, plan and situation files, and flight times."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.mission.fleet_file import Fleet as Fleet, load_fleet as load_fleet
    from blindspot.mission.ground_masks import GroundMasks as GroundMasks
    from blindspot.mission.homes import NoFly as NoFly, fleet_homes as fleet_homes, no_fly_zones as no_fly_zones
    from blindspot.mission.mission_copy import MissionRef as MissionRef, run_folder as run_folder
    from blindspot.mission.mission_file import (
        DroneModel as DroneModel,
        Limits as Limits,
        Mission as Mission,
        MissionFile as MissionFile,
        Wind as Wind,
        load_mission as load_mission,
    )
    from blindspot.mission.mission_site import site_of as site_of
    from blindspot.mission.plan import (
        Aim as Aim,
        Coverage as Coverage,
        DensityBand as DensityBand,
        Expected as Expected,
        Failsafe as Failsafe,
        Intrusion as Intrusion,
        Leg as Leg,
        Looks as Looks,
        Minutes as Minutes,
        Origin as Origin,
        Plan as Plan,
        Point as Point,
        Relief as Relief,
        Route as Route,
        Sortie as Sortie,
        Step as Step,
        UnseenGround as UnseenGround,
        View as View,
        Waypoint as Waypoint,
        load_plan as load_plan,
        parse_plan as parse_plan,
    )
    from blindspot.mission.priorities import priority_areas as priority_areas


else:
    __getattr__, __all__ = open_door(__name__)
