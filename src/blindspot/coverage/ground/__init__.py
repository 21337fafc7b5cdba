"""Blind spots with their causes, levels of detail, streets, and the ground that a flight has seen."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.coverage.ground.ages import AGE_CELL_M as AGE_CELL_M, GroundAges as GroundAges
    from blindspot.coverage.ground.blind_ground import (
        BlindSpots as BlindSpots,
        blind_spots as blind_spots,
        patches_of as patches_of,
    )
    from blindspot.coverage.ground.causes import BlindSpot as BlindSpot, explain as explain
    from blindspot.coverage.ground.levels import (
        DETECT as DETECT,
        EN_62676_4_2014 as EN_62676_4_2014,
        Level as Level,
        read_levels as read_levels,
    )
    from blindspot.coverage.ground.seen import SeenGround as SeenGround, warm_up as warm_up
    from blindspot.coverage.ground.site_survey import Progress as Progress, ask_first as ask_first, survey as survey
    from blindspot.coverage.ground.streets import by_street as by_street, streets_on as streets_on
    from blindspot.coverage.ground.uncertainty import UNKNOWNS as UNKNOWNS
else:
    __getattr__, __all__ = open_door(__name__)
