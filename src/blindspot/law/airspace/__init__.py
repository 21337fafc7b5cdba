"""Airspace, ground risk and remote identification, as the rules of the law see them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.airspace.ed269 import ZonesError
    from blindspot.law.airspace.geozones import check_zones, judge_geozones, not_judged, zones_at
    from blindspot.law.airspace.remote_id_numbers import numbers_problem, sent_operator
    from blindspot.law.airspace.sun import sun_height_deg
    from blindspot.law.signatures.notices import write_notices
else:
    __getattr__, __all__ = open_door(__name__)
