"""Maps of coverage: pictures, and pages that open without a network."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.coverage.maps.drawing import css as css, straight as straight, templates as templates
    from blindspot.coverage.maps.interactive_map import town_layers as town_layers, web_page as web_page
    from blindspot.coverage.maps.map_library import Library as Library, load_library as load_library
    from blindspot.coverage.maps.picture import (
        DRONES as DRONES,
        FIXED as FIXED,
        SEEN as SEEN,
        STILL_BLIND as STILL_BLIND,
        UNPROVEN as UNPROVEN,
        Map as Map,
        drone_colour as drone_colour,
    )
    from blindspot.coverage.maps.town_maps import (
        NO_BREAK as NO_BREAK,
        SIZE_PX as SIZE_PX,
        UNPROVEN_LABEL as UNPROVEN_LABEL,
        area_text as area_text,
        improvement_map as improvement_map,
        seen_map as seen_map,
    )
else:
    __getattr__, __all__ = open_door(__name__)
