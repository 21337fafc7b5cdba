"""Lens and projection: where a point of the town appears in a picture, and back."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.camera.gimbal_aim import (
        Quaternion as Quaternion,
        Vector as Vector,
        camera_pose as camera_pose,
        heading_of as heading_of,
    )
    from blindspot.camera.optics import (
        RECOGNISE_PX_PER_M as RECOGNISE_PX_PER_M,
        Lens as Lens,
        camera_axes as camera_axes,
        is_upright as is_upright,
    )
    from blindspot.camera.projection import (
        CameraPose as CameraPose,
        centre_px as centre_px,
        ground_homography as ground_homography,
        matrix_of as matrix_of,
        project as project,
        quaternion_of as quaternion_of,
        rays as rays,
        unproject as unproject,
    )
else:
    __getattr__, __all__ = open_door(__name__)
