"""Views and legs that see blind ground, and which of them a drone can reach."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.planning.views.reachable import OTHER_SORTIE
else:
    __getattr__, __all__ = open_door(__name__)
