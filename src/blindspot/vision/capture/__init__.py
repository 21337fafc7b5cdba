"""Live and recorded pictures, their checks, and the pose of each exposure."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.vision.capture.address import (
        FORMS as FORMS,
        LIVE as LIVE,
        Address as Address,
        read_address as read_address,
        without_secrets as without_secrets,
    )
    from blindspot.vision.capture.calibration import Calibration as Calibration, load_calibration as load_calibration
    from blindspot.vision.capture.frame_checks import Fault as Fault, FrameChecks as FrameChecks
    from blindspot.vision.capture.live import LiveFeed as LiveFeed
    from blindspot.vision.capture.open_video import start_capture as start_capture
    from blindspot.vision.capture.picture_channel import (
        ClearPicture as ClearPicture,
        PictureGiver as PictureGiver,
        PictureTaker as PictureTaker,
        channel_path as channel_path,
    )
    from blindspot.vision.capture.sources import (
        DrawnSource as DrawnSource,
        Exposure as Exposure,
        NoCamera as NoCamera,
        PictureSource as PictureSource,
        VideoFile as VideoFile,
    )
else:
    __getattr__, __all__ = open_door(__name__)
