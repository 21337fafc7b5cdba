"""The model of a town: ground, buildings, roads, trees, fixed cameras, zones, pads."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.site.frame import LocalFrame as LocalFrame
    from blindspot.site.geojson import load_area as load_area, read_areas as read_areas
    from blindspot.site.load import load_frame as load_frame, load_site as load_site, load_terrain as load_terrain
    from blindspot.site.model import (
        Building as Building,
        Finding as Finding,
        FixedCamera as FixedCamera,
        Pad as Pad,
        Pole as Pole,
        Preset as Preset,
        Site as Site,
        Tree as Tree,
        Zone as Zone,
    )
    from blindspot.site.public_areas import public_ground as public_ground, road_margin as road_margin
    from blindspot.site.site_file import site_files as site_files
else:
    __getattr__, __all__ = open_door(__name__)
