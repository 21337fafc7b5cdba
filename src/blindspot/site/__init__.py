"""The model of a town: ground, buildings, roads, trees, fixed cameras, zones, pads."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.site.load import load_frame, load_site, load_terrain
    from blindspot.site.public_areas import public_ground, road_margin
    from blindspot.site.site_file import site_files
    from blindspot.site.town.frame import LocalFrame
    from blindspot.site.town.geojson import load_area, read_areas
    from blindspot.site.town.model import Building, Finding, FixedCamera, Pad, Pole, Preset, Site, Tree, Zone
else:
    __getattr__, __all__ = open_door(__name__)
