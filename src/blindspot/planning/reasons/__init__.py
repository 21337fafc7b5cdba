"""Reasons for people: refusals, unseen ground, intrusion, relaxations, comparisons of plans."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.planning.reasons.compare import LABELS as LABELS, compare_plans as compare_plans
    from blindspot.planning.reasons.intrusion import (
        Surroundings as Surroundings,
        intrusion_of as intrusion_of,
        intrusion_text as intrusion_text,
        surroundings_of as surroundings_of,
    )
    from blindspot.planning.reasons.unseen import (
        Unseen as Unseen,
        shown_ground as shown_ground,
        unseen_geojson as unseen_geojson,
    )
else:
    __getattr__, __all__ = open_door(__name__)
