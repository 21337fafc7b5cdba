"""Coverage as files: GeoTIFF, GeoJSON, occupancy grids, summaries, comparisons, provenance."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.coverage.records.comparison import compare as compare, summarise_change as summarise_change
    from blindspot.coverage.records.geotiff import layer_paths as layer_paths
    from blindspot.coverage.records.occupancy import cells_of as cells_of
    from blindspot.coverage.records.outlines import Items as Items, collection as collection, write_spots as write_spots
    from blindspot.coverage.records.provenance import (
        Provenance as Provenance,
        of_both as of_both,
        provenance_of as provenance_of,
    )
    from blindspot.coverage.records.summary import (
        document as document,
        figures_of as figures_of,
        summarise as summarise,
    )
else:
    __getattr__, __all__ = open_door(__name__)
