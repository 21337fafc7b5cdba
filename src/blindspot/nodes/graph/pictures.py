"""Pictures as messages and back: whole, or as JPEG."""

from __future__ import annotations

from array import array

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from blindspot.nodes.graph.messages import stamp


def image_message(bgr: np.ndarray, stamp_s: float, frame_id: str) -> Image:
    """An (h, w, 3) BGR picture as a message; its pixels are copied once."""
    message = Image(height=bgr.shape[0], width=bgr.shape[1], encoding="bgr8", step=3 * bgr.shape[1])
    message.header.stamp = stamp(stamp_s)
    message.header.frame_id = frame_id
    message.data = _bytes(bgr)
    return message


def compressed_message(bgr: np.ndarray, header: Header, quality: int) -> CompressedImage:
    """An (h, w, 3) BGR picture as a JPEG, in the format of image_transport's `compressed`."""
    jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return CompressedImage(header=header, format="bgr8; jpeg compressed bgr8", data=_bytes(jpeg))


def _bytes(pixels: NDArray[np.uint8]) -> array[int]:
    """The pixels as an array that rclpy accepts without a check of each byte."""
    data = array("B")
    data.frombytes(np.ascontiguousarray(pixels).data.cast("B"))
    return data
