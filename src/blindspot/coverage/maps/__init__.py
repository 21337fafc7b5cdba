"""Maps of coverage: pictures, and pages that open without a network."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.coverage.maps.drawing import css, straight, templates
    from blindspot.coverage.maps.interactive_map import town_layers, web_page
    from blindspot.coverage.maps.map_library import Library, load_library
    from blindspot.coverage.maps.picture import DRONES, FIXED, SEEN, STILL_BLIND, UNPROVEN, Map, drone_colour
    from blindspot.coverage.maps.town_maps import (
        NO_BREAK,
        SIZE_PX,
        UNPROVEN_LABEL,
        area_text,
        improvement_map,
        seen_map,
    )
else:
    __getattr__, __all__ = open_door(__name__)
