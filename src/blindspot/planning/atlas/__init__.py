"""The atlas of a dispatch: a checked plan of one view for each place that a drone on its pad can look at."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.planning.atlas.atlas_file import (
        ATLAS_FILE,
        GROUND_FILE,
        SQUARE_M,
        Atlas,
        AtlasSquare,
        AtlasView,
        SquareView,
        load_atlas,
    )
    from blindspot.planning.atlas.making import CAMERA_S, MadeAtlas, make_atlas
    from blindspot.planning.atlas.taken_view import plan_of_view, take_view
else:
    __getattr__, __all__ = open_door(__name__)
