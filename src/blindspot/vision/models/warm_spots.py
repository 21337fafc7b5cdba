"""Masks for thermal pictures without a network: spots of the size of a person that are warmer or colder than all that
is around them.

Most spots are no people, so the result hides and never reports. It depends on the pose, the lens and the level of the
ground alone. The picture is searched in bands of rows, each scaled so that a metre has the same number of pixels.

A spot is the middle of a person: the contrast there, against a ring around it, is high for the contrasts in the
neighbourhood. From the spot the mask grows over everything of similar contrast as far as a person reaches, then by a
margin, and further upwards for a head that is colder than the body.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, centre_px, project, unproject
from blindspot.vision.models.detector import in_channels

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

SEARCHED_PX_PER_M = 12.0
LEAST_PX_PER_M = 3.0
"""Rows with a lower density are left out: a person is 5 px tall there."""
SAME = 1.25
"""Rows whose densities differ by less than this factor are one band."""
BESIDE_M = 5.0
"""Rows above and below a band that its spots depend on, m."""
NEIGHBOURHOOD_M = 14.0
"""Side of the square whose contrasts are the unit of a spot's contrast."""
LEAST_UNIT = 2.0
"""Least unit of contrast, of 255: weaker contrasts are noise."""
SPOT_M, TALL_M = 0.13, 0.3
"""Standard deviation of the average that makes a spot, across and along an upright person."""
RING_M, RING_TALL_M = 0.5, 0.35
"""Radius of the ring around a spot, and what an upright person adds to it upwards."""
RING = 8
LINES = 0.75
"""Weight of the ring's second nearest value against its mean: along a kerb two of the ring's values are like the
spot."""
APART_M = 0.3
REACH_M, REACH_TALL_M = 0.5, 0.9
SIMILAR = 0.5
"""Pixels with this share of a spot's contrast belong to it."""
MARGIN_M, HEAD_M = 0.5, 0.35
COLD = 1.8
"""A colder spot needs this times the contrast of a warmer one."""
DEAD_TIMES, DEAD_LEVELS = 4.0, 6.0
"""A row is dead if it differs from its neighbourhood by this times the usual difference, and by these levels more."""


@dataclass(frozen=True, slots=True)
class Size:
    """A kind of spot: its scale against a person's, whether it stands upright, and the least contrast in units."""

    times: float
    is_upright: bool
    contrast: float


PERSON = Size(1.0, is_upright=True, contrast=4.2)
VEHICLE = Size(2.5, is_upright=False, contrast=7.5)


class WarmSpots:
    """Finds spots in the pictures of one lens."""

    def __init__(self, lens: Lens) -> None:
        self._lens = lens

    def hidden(self, picture: Picture, pose: CameraPose, level_m: float) -> Picture:
        """(h, w) mask of a picture of the lens: 255 where a spot must be hidden, else 0.

        Parameters
        ----------
        picture
            Of one channel, or (h, w, 3) BGR.
        pose
            The camera's pose, as good as masking asks.
        level_m
            Height of the ground in view, m.
        """
        grey = without_dead_rows(in_channels(picture, "grey")[:, :, 0])
        hidden = np.zeros(grey.shape, np.uint8)
        density, upright = _ground_rows(pose, self._lens, level_m)
        for size in (PERSON, VEHICLE):
            for band in _bands(density):
                hidden[band] |= _band(grey, band, float(density[band].mean()), float(upright[band].mean()), size)
        return hidden


def without_dead_rows(grey: Picture) -> Picture:
    """The picture with its dead rows replaced by the median around them: a dead row would outshine every person."""
    around = np.asarray(cv2.medianBlur(grey, 5), np.uint8)
    differs = cv2.absdiff(grey, around).mean(axis=1)
    dead = differs > DEAD_TIMES * np.median(differs) + DEAD_LEVELS
    return np.where(dead[:, None], around, grey)


def _ground_rows(pose: CameraPose, lens: Lens, level_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each row the pixel density of the ground in its middle, px/m (0: no ground), and the share of an upright
    person's height that the camera sees."""
    rows = np.column_stack([np.full(lens.height_px, centre_px(lens)[0]), np.arange(lens.height_px)])
    points_m = np.column_stack([unproject(rows, pose, lens, level_m), np.full(len(rows), level_m)])
    is_ground = np.isfinite(points_m).all(axis=1)
    points_m = np.where(is_ground[:, None], points_m, pose.position_m - np.array([0.0, 0.0, 1.0]))
    depth_m = project(points_m, pose, lens)[1]
    away_m = np.hypot(*(points_m - pose.position_m)[:, :2].T)
    slant_m = np.linalg.norm(points_m - pose.position_m, axis=1)
    density = np.where(is_ground & (depth_m > 0), lens.f_px / np.maximum(depth_m, 0.1), 0.0)
    return density, away_m / slant_m


def _bands(density: NDArray[np.float64]) -> Iterator[slice]:
    """Runs of rows with about the same density."""
    first = 0
    for row in range(1, len(density) + 1):
        band = density[first : row + 1]
        if row < len(density) and band.max() <= SAME * band.min():
            continue
        if density[first:row].min() >= LEAST_PX_PER_M:
            yield slice(first, row)
        first = row


def _band(grey: Picture, band: slice, px_per_m: float, upright: float, size: Size) -> Picture:
    """The mask of a band of rows."""
    scale = SEARCHED_PX_PER_M / size.times / px_per_m
    beside_px = math.ceil(BESIDE_M * size.times * px_per_m)
    first, last = max(0, band.start - beside_px), min(len(grey), band.stop + beside_px)
    part = grey[first:last].astype(np.float32)
    shape = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    small = cv2.resize(part, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    found = _spots(np.asarray(small, np.float32), upright if size.is_upright else 0.0, size.contrast)
    mask = cv2.resize(found, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(mask[band.start - first : band.stop - first], np.uint8)


def _spots(picture: Floats, upright: float, contrast: float) -> Picture:
    """The mask of the spots in a picture with SEARCHED_PX_PER_M."""
    middles = _blurred(picture, SPOT_M, math.hypot(SPOT_M, TALL_M * upright))
    fine = _blurred(picture, SPOT_M, SPOT_M)
    ring = np.sort(_ring(middles, _px(RING_M), _px(math.hypot(RING_M, RING_TALL_M * upright))), axis=0)
    mean = ring.mean(axis=0)
    side = 2 * _px(NEIGHBOURHOOD_M / 2) + 1
    unit = cv2.blur(np.sqrt(np.abs(middles - mean)), (side, side)) ** 2 + LEAST_UNIT
    tall = _px(math.hypot(REACH_M, REACH_TALL_M * upright))
    within = np.ones((2 * tall + 1, 2 * _px(REACH_M) + 1), np.uint8)
    apart = np.ones((2 * _px(APART_M) + 1,) * 2, np.uint8)
    hidden = np.zeros(picture.shape, np.uint8)
    for sign, nearest, least in ((1, ring[-2], contrast), (-1, ring[1], COLD * contrast)):
        strength = sign * (middles - LINES * nearest - (1 - LINES) * mean) / unit
        is_spot = (strength >= least) & (strength >= cv2.dilate(strength, apart))
        contrasts = np.where(is_spot, sign * (middles - mean), 0).astype(np.float32)
        near = cv2.dilate(contrasts, within)
        hidden |= (is_spot | (near > 0) & (sign * (fine - mean) >= SIMILAR * near)).astype(np.uint8)
    beside, above = _px(MARGIN_M), _px(MARGIN_M + HEAD_M * upright)
    grown = cv2.dilate(hidden, np.ones((above + beside + 1, 2 * beside + 1), np.uint8), anchor=(beside, beside))
    return np.asarray(255 * grown, np.uint8)


def _ring(picture: Floats, wide_px: int, tall_px: int) -> Floats:
    """(RING, h, w) values of the picture on an ellipse around each pixel."""
    tall, wide = picture.shape
    around = cv2.copyMakeBorder(picture, tall_px, tall_px, wide_px, wide_px, cv2.BORDER_REPLICATE)
    turns = 2 * np.pi * np.arange(RING) / RING
    lefts = wide_px + np.rint(wide_px * np.cos(turns)).astype(int)
    tops = tall_px + np.rint(tall_px * np.sin(turns)).astype(int)
    return np.stack([around[t : t + tall, le : le + wide] for t, le in zip(tops, lefts, strict=True)])


def _blurred(picture: Floats, across_m: float, along_m: float) -> Floats:
    across_px, along_px = across_m * SEARCHED_PX_PER_M, along_m * SEARCHED_PX_PER_M
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigmaX=across_px, sigmaY=along_px), np.float32)


def _px(length_m: float) -> int:
    return max(1, round(length_m * SEARCHED_PX_PER_M))
