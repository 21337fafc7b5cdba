"""The ground that fixed cameras see, and the blind spots that they leave. Ground station only."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.coverage.files import as_text, write_comparison, write_files, write_maps
else:
    __getattr__, __all__ = open_door(__name__)
