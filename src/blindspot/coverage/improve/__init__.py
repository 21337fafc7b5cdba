"""Changes to fixed cameras that remove most blind ground for a given budget."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.coverage.improve.improvement import (
        Improvement as Improvement,
        as_document as as_document,
        changed as changed,
        improve as improve,
        seen_after as seen_after,
        spots_today as spots_today,
    )
else:
    __getattr__, __all__ = open_door(__name__)
