import math
from datetime import UTC, datetime

import pytest

from blindspot.site.town.frame import LocalFrame
from blindspot_sim.pictures.light import light_at

NANTES = LocalFrame(47.215, -1.556, 26.0, 48.2)


def test_at_noon_of_midsummer_it_shines_steeply_from_the_south():
    """Solar noon at 1.556 deg west is 12:08 UTC by the equation of time; the height is 90 - 47.215 + 23.44 deg."""
    light = light_at(NANTES, datetime(2026, 6, 21, 12, 8, tzinfo=UTC))
    east, north, up = light.direction
    assert math.degrees(math.asin(-up)) == pytest.approx(66.2, abs=0.2)
    assert north > 0.35 and abs(east) < 0.02
    assert not light.is_night and min(light.sun) > 0.8


def test_in_the_evening_it_is_red_and_low_in_the_west():
    light = light_at(NANTES, datetime(2026, 6, 21, 19, 30, tzinfo=UTC))
    assert light.direction[0] > 0.7
    assert light.sun[0] > 1.3 * light.sun[2]


def test_at_night_it_is_out_and_something_is_left_to_see_by():
    light = light_at(NANTES, datetime(2026, 11, 6, 22, tzinfo=UTC))
    assert light.is_night and max(light.sun) == 0.0
    assert 0.05 < min(light.ambient) < 0.2
