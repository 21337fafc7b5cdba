"""Sources, poses and messages of the camera node."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.nodes.cameras.camera_source import Camera, binned_lens_of_drone
else:
    __getattr__, __all__ = open_door(__name__)
