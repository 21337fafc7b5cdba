"""The ground of a town: terrain, rasters, elevation, and the height at which buildings stand."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.site.ground.grid import BUILDING_M, HEADROOM_M, Grid, HeightField
    from blindspot.site.ground.terrain import FLAT, Terrain
    from blindspot.site.relief.elevation import nearest_of
    from blindspot.site.relief.raster import BoundsM, height_field, height_field_on, mask_of, transform_of
else:
    __getattr__, __all__ = open_door(__name__)
