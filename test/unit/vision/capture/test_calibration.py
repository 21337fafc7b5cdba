from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import centre_px
from blindspot.core.errors import InputError
from blindspot.vision.capture.calibration import Calibration, load_calibration

LENS = Lens(35.0, 640, 360)
F = LENS.f_px


def text(*, width=640, height=360, fx=F, fy=F, u=319.5, v=179.5, model="plumb_bob", d=(0.0,) * 5, skew=0.0):
    """As `cameracalibrator --size ...` writes it."""
    return f"""image_width: {width}
image_height: {height}
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [{fx}, {skew}, {u}, 0., {fy}, {v}, 0., 0., 1.]
distortion_model: {model}
distortion_coefficients:
  rows: 1
  cols: {len(d)}
  data: {list(d)}
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [{fx}, 0., {u}, 0., 0., {fy}, {v}, 0., 0., 0., 1., 0.]
"""


@pytest.fixture
def made(tmp_path):
    def make(**values):
        path = tmp_path / "camera.yaml"
        path.write_text(text(**values))
        return path

    return make


def test_the_ideal_camera_is_left_alone(made):
    picture = np.zeros((360, 640, 3), np.uint8)
    assert load_calibration(made(), LENS).rectifier(LENS)(picture) is picture


@pytest.mark.parametrize(
    ("model", "d"),
    [
        ("plumb_bob", (-0.25, 0.08, 0.001, -0.0005, 0.0)),
        ("plumb_bob", (-0.25, 0.08, 0.001, -0.0005)),
        ("rational_polynomial", (-0.2, 0.05, 0.0, 0.001, 0.01, 0.02, 0.01, 0.0)),
        ("equidistant", (0.02, -0.01, 0.003, 0.0)),
        ("equidistant", (0.0, 0.0, 0.0, 0.0)),  # a fisheye by its model alone
    ],
)
@pytest.mark.parametrize("axes", [{"fx": 1.03 * F, "fy": 1.02 * F, "u": 330.0, "v": 171.0}, {}], ids=["other", "ideal"])
def test_a_known_direction_falls_on_its_pixel_once_the_picture_is_rectified(made, model, d, axes):
    calibration = load_calibration(made(model=model, d=d, **axes), LENS)
    directions = np.array([[-0.2, 0.1, 1.0], [0.15, -0.12, 1.0], [0.05, 0.02, 1.0]])
    if model == "equidistant":
        seen = cv2.fisheye.projectPoints(directions[:, None], np.zeros(3), np.zeros(3), calibration.k, calibration.d)[0]
    else:
        seen = cv2.projectPoints(directions, np.zeros(3), np.zeros(3), calibration.k, calibration.d)[0]
    rectified = calibration.rectifier(LENS)
    for direction, (u, v) in zip(directions, seen.reshape(-1, 2), strict=True):
        raw = np.zeros((360, 640, 3), np.uint8)
        cv2.circle(raw, (round(u * 16), round(v * 16)), 3 * 16, (255, 255, 255), -1, cv2.LINE_AA, 4)
        y, x = np.nonzero(rectified(raw)[:, :, 0] > 127)
        assert (x.mean(), y.mean()) == pytest.approx(F * direction[:2] + centre_px(LENS), abs=0.6)


def test_where_the_camera_sees_nothing_the_picture_is_black(made):
    white = np.full((360, 640, 3), 255, np.uint8)
    longer = load_calibration(made(fx=1.04 * F, fy=1.04 * F), LENS).rectifier(LENS)(white)
    assert (longer[0].max(), longer[180, 320].min()) == (0, 255)
    wider = load_calibration(made(fx=0.96 * F, fy=0.96 * F), LENS).rectifier(LENS)(white)
    assert wider.min() == 255


@pytest.mark.parametrize(
    ("values", "reported"),
    [
        ({"width": 1280, "height": 720, "u": 639.5}, "image_width: is of 1280 x 720, the drone's model has 640 x 360"),
        ({"fx": 0.9 * F}, "camera_matrix: sees 38.6 deg, the drone's model 35.0 deg"),
        ({"fy": 1.1 * F}, "camera_matrix: sees 35.0 deg"),
        ({"fx": 0.0}, "no focal length"),
        ({"u": 900.0}, "axis lies outside"),
        ({"d": (0.1,)}, "coefficients"),
        ({"model": "thin_prism"}, "distortion_model"),
        ({"fx": float("nan")}, "camera_matrix"),
        ({"d": (-8.0, 0.0, 0.0, 0.0, 0.0)}, "distortion_coefficients: fold the picture over itself"),
        ({"d": (0.0, 0.0, 0.0, 0.0, -400.0)}, "distortion_coefficients: fold the picture over itself"),
        ({"model": "equidistant", "d": (-5.0, 0.0, 0.0, 0.0)}, "distortion_coefficients: fold the picture over itself"),
        ({"skew": 40.0}, "camera_matrix is more than two focal lengths and an axis"),
    ],
)
def test_a_calibration_of_another_camera_is_refused_in_one_sentence(made, values, reported):
    path = made(**values)
    with pytest.raises(InputError, match=reported) as error:
        load_calibration(path, LENS)
    assert str(path) in str(error.value)


def test_an_absent_calibration_is_reported(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        load_calibration(tmp_path / "absent.yaml", LENS)


def test_a_drivers_camera_info_says_the_same():
    k = [F, 0.0, 319.5, 0.0, F, 179.5, 0.0, 0.0, 1.0]
    info = SimpleNamespace(width=640, height=360, k=k, d=[], distortion_model="")
    assert Calibration.from_info(info).misfit(LENS) is None
    with pytest.raises(ValueError, match="focal length"):
        Calibration.from_info(SimpleNamespace(width=640, height=360, k=[0.0] * 9, d=[], distortion_model=""))
