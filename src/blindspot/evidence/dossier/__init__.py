"""The dossier of a town's cameras or of a drone mission, for the people who decide before a flight."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.dossier.assemble import Dossier
    from blindspot.evidence.dossier.in_view import in_fixed_view
    from blindspot.evidence.dossier.subject import (
        Evenings,
        SourceFile,
        Subject,
        Surveyed,
        file_source,
        source_of,
    )
else:
    __getattr__, __all__ = open_door(__name__)
