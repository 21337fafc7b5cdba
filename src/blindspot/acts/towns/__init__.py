"""Use cases on towns: a site from map files, a town to fly with all files of a first mission, and the few camera
changes that close most blind ground."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.towns.camera_changes import (
        NO_FLIGHT,
        SCOPES,
        ImprovementRequest,
        find_improvements,
        recommended,
    )
    from blindspot.acts.towns.imported_site import import_town
    from blindspot.acts.towns.new_town import NewTown, make_town
else:
    __getattr__, __all__ = open_door(__name__)
