"""The contracts that every package shares: mission, fleet, plan and situation files, and flight times."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.mission.detour import Detour as Detour, with_detour as with_detour
    from blindspot.mission.failsafe_settings import failsafe as failsafe
    from blindspot.mission.fleet_file import (
        Fleet as Fleet,
        FleetFile as FleetFile,
        load_fleet as load_fleet,
    )
    from blindspot.mission.ground_masks import (
        GroundMasks as GroundMasks,
        load_ground_masks as load_ground_masks,
        save_ground_masks as save_ground_masks,
    )
    from blindspot.mission.homes import NoFly as NoFly, fleet_homes as fleet_homes, no_fly_zones as no_fly_zones
    from blindspot.mission.mission_copy import (
        MissionRef as MissionRef,
        mission_of as mission_of,
        mission_path as mission_path,
        mission_ref as mission_ref,
        run_folder as run_folder,
    )
    from blindspot.mission.mission_file import (
        HIGHEST_M as HIGHEST_M,
        PITCH_TOLERANCE_DEG as PITCH_TOLERANCE_DEG,
        Accuracy as Accuracy,
        DroneModel as DroneModel,
        Limits as Limits,
        Mission as Mission,
        MissionFile as MissionFile,
        Performance as Performance,
        Wind as Wind,
        load_mission as load_mission,
    )
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
    from blindspot.mission.px4_plan_parameters import not_set as not_set, not_settable as not_settable
    from blindspot.mission.return_path import (
        ALONG_MISSION as ALONG_MISSION,
        LOW_UP_M as LOW_UP_M,
        OVER_PAD_M as OVER_PAD_M,
        STRAIGHT as STRAIGHT,
        ItemPlace as ItemPlace,
        directions_of as directions_of,
        positions_of as positions_of,
    )
    from blindspot.mission.rounding import (
        LEAST_AREA_M2 as LEAST_AREA_M2,
        LEG_M as LEG_M,
        PLACE_M as PLACE_M,
        WITHIN_M as WITHIN_M,
        area_within_m2 as area_within_m2,
        height_below as height_below,
        on_leg as on_leg,
        outline_of as outline_of,
        pieces as pieces,
        place as place,
    )
    from blindspot.mission.situation import (
        Situation as Situation,
        Standing as Standing,
        load_situation as load_situation,
        occupied as occupied,
        standing as standing,
    )
    from blindspot.mission.timeline import Moment as Moment, moments as moments
    from blindspot.mission.timing import (
        AIM_S as AIM_S,
        CRUISE_STRETCH as CRUISE_STRETCH,
        LOOK_S as LOOK_S,
        PASS_BY_S as PASS_BY_S,
        SETTLE_S as SETTLE_S,
        Cost as Cost,
        flight as flight,
        go_home as go_home,
        land as land,
        land_s as land_s,
        level_s as level_s,
        move as move,
        straight_s as straight_s,
        take_off as take_off,
        turn_s as turn_s,
        up_over_and_down as up_over_and_down,
    )
else:
    __getattr__, __all__ = open_door(__name__)
