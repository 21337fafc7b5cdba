"""Importers of real data into a site: elevation, CityJSON, BD TOPO, camera lists, vector files."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.site.site_writer import (
        Place,
        check_heights,
        check_kept_heights,
        geoid_m,
        keep_drawn,
        named_by_source,
        refuse_filled,
        write_report,
        write_site,
    )
    from blindspot.site.sources import Sources, gather
else:
    __getattr__, __all__ = open_door(__name__)
