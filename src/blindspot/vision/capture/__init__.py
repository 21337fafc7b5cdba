"""Live and recorded pictures, their checks, and the pose of each exposure."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.vision.capture.address import FORMS, LIVE, Address, read_address, without_secrets
    from blindspot.vision.capture.calibration import Calibration, load_calibration
    from blindspot.vision.capture.frame_checks import Fault, FrameChecks
    from blindspot.vision.capture.live import LiveFeed
    from blindspot.vision.capture.open_video import start_capture
    from blindspot.vision.capture.picture_channel import ClearPicture, PictureGiver, PictureTaker, channel_path
    from blindspot.vision.capture.sources import DrawnSource, Exposure, NoCamera, PictureSource, VideoFile
else:
    __getattr__, __all__ = open_door(__name__)
