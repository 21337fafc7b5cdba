"""Blind spots with their causes, levels of detail, streets, and the ground that a flight has seen."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.coverage.ground.ages import GroundAges
    from blindspot.coverage.ground.blind_ground import BlindSpots, blind_spots, patches_of
    from blindspot.coverage.ground.causes import BlindSpot, explain
    from blindspot.coverage.ground.levels import DETECT, EN_62676_4_2014, Level, read_levels
    from blindspot.coverage.ground.seen import SeenGround, warm_up
    from blindspot.coverage.ground.site_survey import Progress, ask_first, survey
    from blindspot.coverage.ground.streets import by_street, streets_on
    from blindspot.coverage.ground.uncertainty import UNKNOWNS
else:
    __getattr__, __all__ = open_door(__name__)
