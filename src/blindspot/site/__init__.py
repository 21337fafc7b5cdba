"""The model of a town: ground, buildings, roads, trees, fixed cameras, zones, pads."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.site.field import middle_of as middle_of, write_field as write_field
    from blindspot.site.frame import LocalFrame as LocalFrame
    from blindspot.site.geojson import (
        SMALLEST_AREA_M2 as SMALLEST_AREA_M2,
        feature_collection as feature_collection,
        load_area as load_area,
        number as number,
        read_areas as read_areas,
        read_features as read_features,
    )
    from blindspot.site.load import load_frame as load_frame, load_site as load_site, load_terrain as load_terrain
    from blindspot.site.model import (
        Building as Building,
        Finding as Finding,
        FixedCamera as FixedCamera,
        Pad as Pad,
        Pole as Pole,
        Preset as Preset,
        Road as Road,
        Site as Site,
        Tree as Tree,
        Zone as Zone,
        ZoneKind as ZoneKind,
    )
    from blindspot.site.obstacles import read_moment as read_moment
    from blindspot.site.places import read_pads as read_pads
    from blindspot.site.public_areas import public_ground as public_ground, road_margin as road_margin
    from blindspot.site.site_file import read_site_file as read_site_file
else:
    __getattr__, __all__ = open_door(__name__)
