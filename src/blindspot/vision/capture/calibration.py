"""Camera calibration: read from the file of ROS's camera_calibration, checked, and used for rectification.

All later steps assume the lens of the drone's model: a distortion-free pin-hole camera whose axis meets the middle of
the picture. The calibration describes the real camera, and `rectifier` removes the difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from blindspot.camera import Lens, centre_px
from blindspot.core import InputError, Section, read_yaml

Picture = NDArray[np.uint8]
MOST_FIELD_ERROR = 0.05
"""Maximum difference between the calibrated field of view and the drone model's, as a share of its tangent."""
EXACT_PX = 0.1
"""Largest difference from the ideal camera matrix at which rectification is skipped."""
COEFFICIENTS = {"plumb_bob": (4, 5), "rational_polynomial": (8,), "equidistant": (4,)}


class Matrix(Section):
    """A matrix in the format of camera_calibration_parsers: row by row."""

    rows: Annotated[int, Field(ge=1)] = Field(description="Number of rows")
    cols: Annotated[int, Field(ge=1)] = Field(description="Number of columns")
    data: tuple[float, ...] = Field(description="Values row by row")

    @model_validator(mode="after")
    def _is_whole(self) -> Matrix:
        if len(self.data) != self.rows * self.cols:
            raise ValueError(f"holds {len(self.data)} numbers, not {self.rows} x {self.cols}")
        return self


class Calibration(Section):
    """The calibration file with its own field names. Pixels are those of the raw picture."""

    image_width: Annotated[int, Field(ge=1)] = Field(description="Width of the raw picture, px")
    image_height: Annotated[int, Field(ge=1)] = Field(description="Height of the raw picture, px")
    camera_name: str = Field("", description="Name of the camera")
    camera_matrix: Matrix = Field(description="Focal lengths and axis, 3 x 3, px")
    distortion_model: Literal["plumb_bob", "rational_polynomial", "equidistant"] = Field(
        "plumb_bob", description="Model of the distortion"
    )
    distortion_coefficients: Matrix = Field(description="Coefficients of that model")
    rectification_matrix: Matrix | None = Field(None, description="Ignored")
    projection_matrix: Matrix | None = Field(None, description="Ignored")

    @model_validator(mode="after")
    def _makes_sense(self) -> Calibration:
        if (self.camera_matrix.rows, self.camera_matrix.cols) != (3, 3):
            raise ValueError("camera_matrix is not 3 x 3")
        k = self.k
        if not (k[0, 0] > 0 and k[1, 1] > 0 and 0 < k[0, 2] < self.image_width and 0 < k[1, 2] < self.image_height):
            raise ValueError("camera_matrix has no focal length, or its axis lies outside the picture")
        if (k[[0, 1, 2, 2, 2], [1, 0, 0, 1, 2]] != [0, 0, 0, 0, 1]).any():
            raise ValueError("camera_matrix is more than two focal lengths and an axis")
        if len(self.d) not in COEFFICIENTS[self.distortion_model]:
            raise ValueError(f"{self.distortion_model} has {COEFFICIENTS[self.distortion_model]} coefficients")
        return self

    @property
    def k(self) -> NDArray[np.float64]:
        return np.array(self.camera_matrix.data).reshape(3, 3)

    @property
    def d(self) -> NDArray[np.float64]:
        return np.array(self.distortion_coefficients.data)

    @property
    def hfov_deg(self) -> float:
        """The horizontal field of view from the focal length alone."""
        return math.degrees(2 * math.atan(self.image_width / (2 * self.k[0, 0])))

    @classmethod
    def from_info(cls, info: Any) -> Calibration:
        """The calibration in a sensor_msgs/CameraInfo; raises ValueError if the message holds none."""
        d = tuple(info.d) or (0.0,) * 5
        return cls(
            image_width=info.width, image_height=info.height, distortion_model=info.distortion_model or "plumb_bob",
            camera_matrix=Matrix(rows=3, cols=3, data=tuple(info.k)),
            distortion_coefficients=Matrix(rows=1, cols=len(d), data=d),
        )  # fmt: skip

    def misfit(self, lens: Lens) -> tuple[str, str] | None:
        """(field, problem) if this calibration contradicts the planned lens; None if it fits."""
        if (self.image_width, self.image_height) != (lens.width_px, lens.height_px):
            size = f"{self.image_width} x {self.image_height}"
            return "image_width", f"is of {size}, the drone's model has {lens.width_px} x {lens.height_px}"
        ratios = (self.k[0, 0] / lens.f_px, self.k[1, 1] / lens.f_px)
        if max(abs(ratio - 1) for ratio in ratios) > MOST_FIELD_ERROR:
            return "camera_matrix", f"sees {self.hfov_deg:.1f} deg, the drone's model {lens.hfov_deg:.1f} deg"
        cols, rows = self._maps(lens, cv2.CV_32FC1)
        with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity count as folds
            rises = (np.diff(cols, axis=1) > 0).all() and (np.diff(rows, axis=0) > 0).all()
        if not rises:
            return "distortion_coefficients", "fold the picture over itself: distant points fall on one place"
        return None

    def rectifier(self, lens: Lens) -> Callable[[Picture], Picture]:
        """A function that turns a picture of this camera into a picture of the lens; black outside the camera's
        view."""
        is_pin_hole = self.distortion_model != "equidistant" and not self.d.any()
        if is_pin_hole and np.abs(self.k - _ideal(lens)).max() <= EXACT_PX:
            return lambda picture: picture
        cols, rows = self._maps(lens, cv2.CV_16SC2)
        return lambda picture: np.asarray(cv2.remap(picture, cols, rows, cv2.INTER_LINEAR), np.uint8)

    def _maps(self, lens: Lens, kind: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Position of each pixel of the lens in this camera's picture, for cv2.remap."""
        fisheye = self.distortion_model == "equidistant"
        undistort = cv2.fisheye.initUndistortRectifyMap if fisheye else cv2.initUndistortRectifyMap
        cols, rows = undistort(self.k, self.d, np.eye(3), _ideal(lens), (lens.width_px, lens.height_px), kind)
        return cols, rows


def _ideal(lens: Lens) -> NDArray[np.float64]:
    """The camera matrix of a lens."""
    u, v = centre_px(lens)
    return np.array([[lens.f_px, 0, u], [0, lens.f_px, v], [0, 0, 1]])


def load_calibration(path: Path, lens: Lens) -> Calibration:
    """The calibration of a camera that flies as `lens`; raises InputError for a wrong file or another camera."""
    calibration = read_yaml(path, Calibration)
    misfit = calibration.misfit(lens)
    if misfit is not None:
        raise InputError(path, *misfit, "calibrate this camera at that size, or correct the drone's model")
    return calibration
