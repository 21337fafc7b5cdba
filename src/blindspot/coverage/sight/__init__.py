"""Line of sight: the sweep kernels, fixed cameras, a drone's camera, facades."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.coverage.sight.drone_camera import DroneView, drone_view
    from blindspot.coverage.sight.facade_view import facades
    from blindspot.coverage.sight.fixed import FixedCoverage, fixed_coverage
    from blindspot.coverage.sight.sight import BLOCK
else:
    __getattr__, __all__ = open_door(__name__)
