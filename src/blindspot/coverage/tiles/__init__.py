"""Coverage of a whole town, tile by tile, in processes or on a Dask cluster."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.coverage.tiles.dask_tiles import on_cluster
    from blindspot.coverage.tiles.tiled_town import Question, Run, corners, grid_for, is_large, left_out, write_town
    from blindspot.coverage.tiles.town_overview import overview
else:
    __getattr__, __all__ = open_door(__name__)
