"""Importers of real data into a site: elevation, CityJSON, BD TOPO, camera lists, vector files."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.site.importers.site_writer import (
        Place as Place,
        check_datum as check_datum,
        geoid_m as geoid_m,
        keep_drawn as keep_drawn,
        named_by_source as named_by_source,
        refuse_filled as refuse_filled,
        write_report as write_report,
        write_site as write_site,
    )
    from blindspot.site.importers.sources import Sources as Sources, gather as gather
else:
    __getattr__, __all__ = open_door(__name__)
