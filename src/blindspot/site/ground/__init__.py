"""The ground of a town: terrain, rasters, elevation, and the height at which buildings stand."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.site.ground.elevation import nearest_of as nearest_of
    from blindspot.site.ground.grid import (
        BUILDING_M as BUILDING_M,
        HEADROOM_M as HEADROOM_M,
        Grid as Grid,
        HeightField as HeightField,
    )
    from blindspot.site.ground.raster import (
        BoundsM as BoundsM,
        height_field as height_field,
        height_field_on as height_field_on,
        mask_of as mask_of,
        transform_of as transform_of,
    )
    from blindspot.site.ground.terrain import FLAT as FLAT, Terrain as Terrain
else:
    __getattr__, __all__ = open_door(__name__)
