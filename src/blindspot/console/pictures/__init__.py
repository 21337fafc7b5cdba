"""Masked pictures of a running stack, for the pages whose people may look. Free of ROS."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.console.pictures.live_looks import LiveLooks
    from blindspot.console.pictures.page_looks import PageLooks
    from blindspot.console.pictures.picture_box import PictureBox
else:
    __getattr__, __all__ = open_door(__name__)
