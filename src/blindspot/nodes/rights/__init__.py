"""The rights of each process on the ROS graph."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.nodes.rights.table import rights_of
else:
    __getattr__, __all__ = open_door(__name__)
