"""Lens and projection: where a point of the town appears in a picture, and back."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.camera.gimbal_aim import Quaternion, Vector, camera_pose, heading_of
    from blindspot.camera.optics import RECOGNISE_PX_PER_M, Lens, Sensor, camera_axes, is_upright
    from blindspot.camera.projection import (
        CameraPose,
        centre_px,
        ground_homography,
        matrix_of,
        project,
        quaternion_of,
        rays,
        unproject,
    )
else:
    __getattr__, __all__ = open_door(__name__)
