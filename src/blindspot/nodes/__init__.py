"""The ROS 2 nodes: thin, one file per node, with the parts that only nodes use."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.nodes.camera import CameraNode
else:
    __getattr__, __all__ = open_door(__name__)
