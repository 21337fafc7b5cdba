"""The sun's position and its light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from blindspot.site import LocalFrame

TWILIGHT_DEG = 6.0
"""Angle below the horizon at which the sun's light ends (civil twilight)."""
Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """`direction` (ENU, unit) of the sun's rays; colours are shares of red, green, blue, 0..1. At night only the
    ambient light is left."""

    heading_deg: float
    """Compass heading of the sun."""
    direction: tuple[float, float, float]
    sun: Colour
    ambient: Colour
    sky: Colour
    is_night: bool


def light_at(frame: LocalFrame, moment: datetime) -> Light:
    """The light over the town's origin at a moment with its time zone."""
    import astral.sun  # distributions lack it, and only Gazebo worlds use it

    observer = astral.Observer(frame.lat_deg, frame.lon_deg)
    return light_of(astral.sun.azimuth(observer, moment), astral.sun.elevation(observer, moment))


def light_of(heading_deg: float, height_deg: float) -> Light:
    """The light of a sun that stands there: compass heading, and height above the horizon."""
    day = min(1.0, max(0.0, (height_deg + TWILIGHT_DEG) / (2.0 * TWILIGHT_DEG)))
    warm = min(1.0, max(0.0, height_deg / 20.0))  # low light is red
    # A sun below the horizon still lights from above it while it gives any light.
    heading, height = math.radians(heading_deg), math.radians(max(height_deg, 2.0))
    direction = (
        -math.sin(heading) * math.cos(height), -math.cos(heading) * math.cos(height), -math.sin(height),
    )  # fmt: skip
    return Light(
        heading_deg=heading_deg,
        direction=direction,
        sun=(0.9 * day, (0.55 + 0.33 * warm) * day, (0.35 + 0.5 * warm) * day),
        ambient=(0.12 + 0.33 * day, 0.12 + 0.33 * day, 0.15 + 0.33 * day),
        sky=(0.05 + 0.6 * day * (0.6 + 0.4 * warm), 0.06 + 0.66 * day * (0.6 + 0.4 * warm), 0.1 + 0.75 * day),
        is_night=height_deg < -TWILIGHT_DEG,
    )


RENDERED = light_of(135.0, 40.0)
"""The renderer's light at any hour. The figures of the guide were measured in it."""
