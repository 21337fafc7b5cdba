"""The allowed detectors: their list, their set-up, and the search of a picture with them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.vision.models.detector import PROVIDERS, Detections, Detector, NoNetwork
    from blindspot.vision.models.models import (
        DEFAULT_FOLDER,
        DEFAULT_LIST,
        DEFAULT_MODEL,
        KINDS,
        BuiltIn,
        Model,
        allowed_models,
        default_model,
    )
    from blindspot.vision.town.search import BlindGround, Searcher
else:
    __getattr__, __all__ = open_door(__name__)
