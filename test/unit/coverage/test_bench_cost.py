import pytest
from PIL import Image

from blindspot_lab.bench.cost import Series, draw

LINE = Series("a line", "cameras", "camera", (10.0, 20.0, 30.0), (5.5, 10.5, 15.5))


def test_points_on_a_line_are_found_to_lie_on_it():
    assert LINE.line == pytest.approx((0.5, 0.5))
    assert LINE.r2 == pytest.approx(1.0)


def test_points_off_any_line_are_found_to_be_so():
    assert Series("a bend", "cameras", "camera", (1.0, 2.0, 3.0, 4.0), (1.0, 4.0, 4.0, 1.0)).r2 == pytest.approx(0.0)


def test_the_plot_holds_a_chart_for_each_series(tmp_path):
    draw((LINE, LINE), tmp_path / "cost.png")
    with Image.open(tmp_path / "cost.png") as picture:
        assert picture.size == (1280, 440)
        pixels = picture.convert("RGB")
        # The axes end at 30 cameras and 16 ms: where the second chart has its middle point, 20 cameras and 10.5 ms.
        assert pixels.getpixel((640 + 80 + 540 * 20 // 30, 382 - 320 * 21 // 32)) == (0x00, 0x72, 0xB2)
