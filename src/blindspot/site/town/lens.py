"""Computes the field of view from the data of a lens's data sheet: focal length and sensor."""

from __future__ import annotations

import math
import re

OPTICAL_FORMAT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(\d+(?:\.\d+)?))?\s*(?:\"|″|''|in\.?|inch)?")


def sensor_width_mm(optical_format: object, width_px: int, height_px: int) -> float | None:
    """Width, mm, of a sensor of an optical format (`1/2.8"`) for a picture size; None for any other text.

    A format names the camera tube that the sensor replaces. The sensor's diagonal is 16 mm per inch from 1/2" on and
    18 mm per inch below (Optowiki, "Sensor format"). Real sensors lie within some 3 % of it.
    """
    match = OPTICAL_FORMAT.fullmatch(str(optical_format).strip())
    if match is None or float(match[2] or 1) == 0:
        return None
    inches = float(match[1]) / float(match[2] or 1)
    if not 0.05 <= inches <= 2:
        return None
    return (16 if inches >= 0.5 else 18) * inches * width_px / math.hypot(width_px, height_px)


def hfov_deg(focal_mm: float, sensor_width_mm: float) -> float:
    """Horizontal field of view, deg, of an ideal lens (free of distortion) focused at infinity."""
    return math.degrees(2 * math.atan(sensor_width_mm / (2 * focal_mm)))


def vfov_deg(hfov_deg: float, width_px: int, height_px: int) -> float:
    """Vertical field of view, deg, of an ideal lens (free of distortion) with square pixels."""
    return math.degrees(2 * math.atan(math.tan(math.radians(hfov_deg) / 2) * height_px / width_px))
