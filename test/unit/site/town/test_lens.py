import pytest

from blindspot.site.town.lens import hfov_deg, sensor_width_mm, vfov_deg


@pytest.mark.parametrize(
    ("optical_format", "width_px", "height_px", "width_mm"),
    [
        ('1/2.8"', 1936, 1096, 1936 * 0.0029),  # pixels of 2.9 um
        ('1/2.7"', 1920, 1080, 1920 * 0.003),
        ("1/2.5", 2592, 1944, 2592 * 0.0022),
        ("1/3 inch", 1280, 960, 1280 * 0.00375),
        ('1/1.8"', 3072, 2048, 3072 * 0.0024),
        ('2/3"', 2448, 2048, 2448 * 0.00345),
        ('1"', 5472, 3648, 5472 * 0.0024),
        ('1.1"', 4096, 3000, 4096 * 0.00345),
    ],
)
def test_the_rule_of_16_and_18_mm_an_inch_fits_real_sensors(optical_format, width_px, height_px, width_mm):
    """Widths by the pixels and their size in the makers' sheets."""
    assert sensor_width_mm(optical_format, width_px, height_px) == pytest.approx(width_mm, rel=0.04)


@pytest.mark.parametrize("text", ["", "large", "1/0", '5"', "1/2.8 mm", None, "-1/3", "1/100"])
def test_other_texts_than_optical_formats_are_none(text):
    assert sensor_width_mm(text, 1920, 1080) is None


def test_a_lens_as_long_as_half_its_sensor_sees_a_right_angle():
    assert hfov_deg(2.8, 5.6) == pytest.approx(90.0)
    assert vfov_deg(90.0, 1000, 1000) == pytest.approx(90.0)
    assert vfov_deg(60.0, 1920, 1080) == pytest.approx(35.98, abs=0.01)
