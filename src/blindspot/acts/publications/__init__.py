"""The publication of flights: gathered from journals and runs, written as a page, and entered in the journal."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.publications.publish import publish_page
else:
    __getattr__, __all__ = open_door(__name__)
