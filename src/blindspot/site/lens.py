"""A lens told as data sheets tell it: focal length and sensor, made into a field of view."""

from __future__ import annotations

import math
import re

OPTICAL_FORMAT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(\d+(?:\.\d+)?))?\s*(?:\"|″|''|in\.?|inch)?")


def sensor_width_mm(optical_format: object, width_px: int, height_px: int) -> float | None:
    """Width of a sensor of an optical format (`1/2.8"`) whose picture has that shape; None if it is no such format.

    A format names the camera tube that a sensor stands in for: its diagonal is 16 mm an inch from 1/2" on and 18 mm an
    inch below (Optowiki, "Sensor format"); real sensors lie within some 3 % of it.
    """
    match = OPTICAL_FORMAT.fullmatch(str(optical_format).strip())
    if match is None or float(match[2] or 1) == 0:
        return None
    inches = float(match[1]) / float(match[2] or 1)
    if not 0.05 <= inches <= 2:
        return None
    return (16 if inches >= 0.5 else 18) * inches * width_px / math.hypot(width_px, height_px)


def hfov_deg(focal_mm: float, sensor_width_mm: float) -> float:
    """Width of the picture of a lens without distortion, focused far away."""
    return math.degrees(2 * math.atan(sensor_width_mm / (2 * focal_mm)))


def vfov_deg(hfov_deg: float, width_px: int, height_px: int) -> float:
    """Height of the picture of a lens without distortion, square pixels."""
    return math.degrees(2 * math.atan(math.tan(math.radians(hfov_deg) / 2) * height_px / width_px))
