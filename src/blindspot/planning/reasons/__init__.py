"""Reasons for people: refusals, unseen ground, intrusion, relaxations, comparisons of plans."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.planning.reasons.compare import LABELS, compare_plans
    from blindspot.planning.reasons.first_flight import FirstPad, first_pads, first_perimeter
    from blindspot.planning.reasons.intrusion import (
        InView,
        Picture,
        Surroundings,
        in_view,
        intrusion_of,
        intrusion_text,
        pictures,
        surroundings_of,
    )
    from blindspot.planning.reasons.places_for_pads import PadPlace, pad_places
    from blindspot.planning.reasons.unseen import Unseen, shown_ground, unseen_geojson
else:
    __getattr__, __all__ = open_door(__name__)
