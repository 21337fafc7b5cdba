"""Detection, tracking and masking on board. No face recognition, no plates, no re-identification."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.vision.events.tracking import Track, TrackState
    from blindspot.vision.mask_audit import Audit, ClearPictureError
    from blindspot.vision.mask_candidates import LEAST_SCORE
    from blindspot.vision.pipeline import Pipeline
else:
    __getattr__, __all__ = open_door(__name__)
