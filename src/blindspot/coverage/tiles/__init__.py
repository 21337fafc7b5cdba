"""Coverage of a whole town, tile by tile, in processes or on a Dask cluster."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.coverage.tiles.dask_tiles import on_cluster as on_cluster
    from blindspot.coverage.tiles.town import (
        Question as Question,
        Run as Run,
        corners as corners,
        grid_for as grid_for,
        is_large as is_large,
        left_out as left_out,
        write_town as write_town,
    )
    from blindspot.coverage.tiles.town_overview import overview as overview
else:
    __getattr__, __all__ = open_door(__name__)
