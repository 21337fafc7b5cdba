"""The town as a camera sees it: what lies behind each pixel, and where a sighting stands."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.vision.town.map_check import Disagreement as Disagreement, MapCheck as MapCheck
    from blindspot.vision.town.map_findings import MapFindings as MapFindings, load_map_findings as load_map_findings
    from blindspot.vision.town.seen_town import Prism as Prism, Town as Town, Tree as Tree, town_of as town_of
    from blindspot.vision.town.town_cache import town_of_mission as town_of_mission
    from blindspot.vision.town.town_view import CLIP_M as CLIP_M, Surface as Surface, TownView as TownView
else:
    __getattr__, __all__ = open_door(__name__)
