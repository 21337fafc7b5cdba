"""The papers of a plan: map page, GeoJSON, outcome, proof."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.planning.papers.export import plan_geojson as plan_geojson
    from blindspot.planning.papers.outcome import Outcome as Outcome, outcome_of as outcome_of
    from blindspot.planning.papers.plan_page import plan_map as plan_map
    from blindspot.planning.papers.proof import proof_of as proof_of, stretches_of as stretches_of
else:
    __getattr__, __all__ = open_door(__name__)
