"""Changes to fixed cameras that remove most blind ground for a given budget."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.coverage.improve.improvement import (
        Improvement,
        as_document,
        changed,
        improve,
        seen_after,
        spots_today,
    )
else:
    __getattr__, __all__ = open_door(__name__)
