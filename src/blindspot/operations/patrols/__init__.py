"""Patrols: a library of checked variants and its draw."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.operations.patrols.building import build_library
    from blindspot.operations.patrols.library import Library
    from blindspot.operations.patrols.library_files import load_library, save_library
    from blindspot.operations.patrols.library_lock import flown_library, replaced_library
    from blindspot.operations.patrols.pages import age_map, ages_page
else:
    __getattr__, __all__ = open_door(__name__)
