"""Coverage as files: GeoTIFF, GeoJSON, occupancy grids, summaries, comparisons, provenance."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.coverage.records.comparison import compare, summarise_change
    from blindspot.coverage.records.geotiff import layer_paths
    from blindspot.coverage.records.occupancy import cells_of
    from blindspot.coverage.records.outlines import Items, collection, write_spots
    from blindspot.coverage.records.provenance import Provenance, of_both, provenance_of
    from blindspot.coverage.records.summary import document, figures_of, summarise
else:
    __getattr__, __all__ = open_door(__name__)
