"""Messages of the console to other programs: MQTT, webhook, MJPEG. Outbound only, free of ROS."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.console.outputs.mjpeg import MaskedStreams
    from blindspot.console.outputs.output_news import OutputNews
else:
    __getattr__, __all__ = open_door(__name__)
