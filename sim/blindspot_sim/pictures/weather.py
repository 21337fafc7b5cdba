"""Dusk and haze over a drawn picture of a clear afternoon.

The picture becomes dimmer and greyer. The shadows stay those of the afternoon, and all lamps stay off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, rays
from blindspot_sim.pictures.light import RENDERED, Light, light_of

Picture = NDArray[np.uint8]

HAZE = (196.0, 190.0, 184.0)
"""BGR of the light that haze scatters into the camera by day."""
LEFT_AT_VISIBILITY = 0.05
"""Remaining share of a contrast at the visibility's distance (WMO's meteorological optical range)."""
BLOCK_PX = 16


@dataclass(frozen=True, slots=True)
class Weather:
    """`light` replaces the afternoon's; `visibility_m` is infinite in clear air. The camera keeps the exposure of the
    afternoon. Its gain, the square root of the missing factor, restores part of the brightness and raises the noise."""

    light: Light = RENDERED
    visibility_m: float = math.inf

    @property
    def gain(self) -> float:
        """The camera's gain; 1 in the afternoon."""
        return 1.0 / math.sqrt(float(np.mean(self._share())))

    def over(self, picture: Picture, pose: CameraPose, lens: Lens, level_m: float) -> Picture:
        """The picture in this weather. Distances are measured to the level of the ground, m."""
        if self == CLEAR:
            return picture
        share = self._share() * self.gain
        seen = picture.astype(np.float32)
        if math.isfinite(self.visibility_m):
            through = _through(pose, lens, level_m, self.visibility_m)[:, :, None]
            seen = seen * through + np.array(HAZE, np.float32) * (1.0 - through)
        return np.asarray(np.clip(np.rint(seen * share), 0, 255), np.uint8)

    def _share(self) -> NDArray[np.float32]:
        """BGR: light as a share of the afternoon's."""
        now, then = (np.add(light.ambient, np.multiply(0.6, light.sun)) for light in (self.light, RENDERED))
        return np.asarray((now / then)[::-1], np.float32)


def _through(pose: CameraPose, lens: Lens, level_m: float, visibility_m: float) -> NDArray[np.float32]:
    """(h, w) remaining share of a contrast, by Koschmieder's law."""
    across, down = (-(-side // BLOCK_PX) for side in (lens.width_px, lens.height_px))
    u, v = ((np.arange(count) + 0.5) * BLOCK_PX for count in (across, down))
    along = rays(np.stack(np.meshgrid(u, v), axis=-1), pose, lens)
    falling = np.minimum(along[:, 2], -1e-3)  # flat rays end far away, in pure haze
    distance_m = (level_m - pose.up_m) / falling * np.linalg.norm(along, axis=1)
    through = LEFT_AT_VISIBILITY ** (np.maximum(distance_m, 0.0) / visibility_m)
    size = (across * BLOCK_PX, down * BLOCK_PX)
    whole = cv2.resize(through.astype(np.float32).reshape(down, across), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole[: lens.height_px, : lens.width_px], np.float32)


CLEAR = Weather()
DUSK = Weather(light=light_of(250.0, -4.0))
"""20 minutes after sunset in Nantes."""
HAZY = Weather(visibility_m=1000.0)
"""The visibility that separates haze from fog."""
