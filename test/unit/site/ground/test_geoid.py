"""A grid of GeographicLib that holds a height of 48 m at 47 N 2 W, and 1.2 m more for each post to the east."""

import pytest

from blindspot.core.folders import GEOID, GEOID_BYTES
from blindspot.site.ground import geoid


@pytest.fixture
def folder(tmp_path):
    header = b"P5\n# Geoid file in PGM format\n# Offset -108\n# Scale 0.003\n# Origin 90N 0E\n4320 2161\n65535\n"
    with (tmp_path / GEOID).open("wb") as file:
        file.truncate(len(header) + GEOID_BYTES)
        file.write(header)
        for row in (43 * 12, 43 * 12 + 1):
            file.seek(len(header) + 2 * (row * geoid.COLS + 358 * 12))
            file.write(b"".join((52_000 + 400 * k).to_bytes(2) for k in range(3)))
    return tmp_path


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "height_m"), [(47.0, -2.0, 48.0), (47.0, 358.0, 48.0), (46.97, -2 + 1 / 24, 48.6),
                                         (90.0, 0.0, -108.0), (-90.0, 179.9, -108.0), (0.0, 359.99, -108.0)],
)  # fmt: skip
def test_a_height_lies_between_the_posts_of_the_grid(folder, lat_deg, lon_deg, height_m):
    found_m = geoid.height_m(lat_deg, lon_deg, {"GEOGRAPHICLIB_GEOID_PATH": str(folder)})
    assert found_m == pytest.approx(height_m)


def test_a_grid_that_is_missing_cut_off_or_another_gives_no_height(folder):
    environ = {"GEOGRAPHICLIB_GEOID_PATH": str(folder)}
    with (folder / GEOID).open("r+b") as file:
        file.truncate(1_000_000)
    assert geoid.height_m(47.0, -2.0, environ) is None
    (folder / GEOID).write_bytes(b"P5\n10 10\n65535\n" + bytes(200))
    assert geoid.height_m(47.0, -2.0, environ) is None
    (folder / GEOID).unlink()
    assert geoid.height_m(47.0, -2.0, environ) is None
