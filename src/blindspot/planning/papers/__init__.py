"""The papers of a plan: map page, GeoJSON, outcome, proof."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.planning.papers.export import plan_geojson
    from blindspot.planning.papers.outcome import Outcome, outcome_of
    from blindspot.planning.papers.plan_page import plan_map
    from blindspot.planning.papers.proof import proof_of, stretches_of
else:
    __getattr__, __all__ = open_door(__name__)
