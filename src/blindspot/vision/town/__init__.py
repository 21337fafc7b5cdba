"""The town as a camera sees it: what lies behind each pixel, and where a sighting stands."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.vision.town.density_cap import DensityCap
    from blindspot.vision.town.seen_town import Prism, Town, Tree, town_of
    from blindspot.vision.town.town_cache import town_of_mission
    from blindspot.vision.town.town_view import CLIP_M, Surface, TownView
else:
    __getattr__, __all__ = open_door(__name__)
