"""Radiances of surfaces, calculated by hand from a table of black bodies."""

import math

import pytest

from blindspot_sim.pictures.heat import EMISSIVITY, HOT_DAY, NIGHT, Heat, black_body

# Incropera, Fundamentals of Heat and Mass Transfer, table 12.1: share of a black body's radiance below um K.
SHARES = {2200: 0.100888, 2400: 0.140256, 3800: 0.443382, 4000: 0.480877, 4200: 0.516014}


def by_hand(kelvin):
    """W/m2/sr from 8 to 14 um, with the table's shares between its rows."""
    ends = []
    for um_k in (8 * kelvin, 14 * kelvin):
        low = max(row for row in SHARES if row <= um_k)
        high = min(row for row in SHARES if row >= um_k)
        part = 0.0 if low == high else (um_k - low) / (high - low)
        ends.append(SHARES[low] + part * (SHARES[high] - SHARES[low]))
    return (ends[1] - ends[0]) * 5.670374e-8 * kelvin**4 / math.pi


def test_a_black_body_of_300_k_is_the_one_of_the_table():
    """8 um x 300 K = 2400 and 14 um x 300 K = 4200 are rows: (0.516014 - 0.140256) * 459.30 / pi."""
    assert black_body(300.0 - 273.15) == pytest.approx(54.935, abs=0.01)


@pytest.mark.parametrize("celsius", [2.0, 9.0, 15.0, 26.5])
def test_other_temperatures_lie_between_the_rows(celsius):
    assert black_body(celsius) == pytest.approx(by_hand(celsius + 273.15), rel=0.006)


@pytest.mark.parametrize(
    ("surface", "celsius", "share"),
    [("street", 9.0, 0.95), ("grass", 4.0, 0.98), ("wall", 9.0, 0.93), ("roof", 1.0, 0.92), ("skin", 29.0, 0.98),
     ("clothes", 15.0, 0.95), ("bonnet", 1.0, 0.85)],
)  # fmt: skip
def test_a_surface_emits_its_share_and_reflects_the_sky_with_the_rest(surface, celsius, share):
    sky = black_body(-30.0)
    assert sky == pytest.approx(19.2, abs=0.05)
    assert NIGHT.radiance(surface) == pytest.approx(share * black_body(celsius) + (1 - share) * sky, rel=1e-6)


def test_the_street_of_the_night_by_hand():
    """0.95 x 41.2 (282.15 K) + 0.05 x 19.2 (the sky, 243.15 K)."""
    assert NIGHT.radiance("street") == pytest.approx(40.1, abs=0.1)


def test_an_engine_warms_the_bonnet_and_leaves_the_roofs_of_houses_alone():
    assert NIGHT.radiance("bonnet", is_driving=True) > NIGHT.radiance("bonnet") + 10.0
    assert NIGHT.radiance("roof", is_driving=True) == NIGHT.radiance("roof")


@pytest.mark.parametrize(("heat", "sign"), [(NIGHT, 1), (HOT_DAY, -1)])
def test_people_are_warmer_than_the_street_by_night_and_colder_on_a_hot_day(heat, sign):
    people = min if sign > 0 else max
    seen = people(heat.radiance(part) for part in ("clothes", "skin", "hair"))
    assert sign * (seen - heat.radiance("street")) > 1.0


@pytest.mark.parametrize("heat", [NIGHT, HOT_DAY])
def test_every_surface_has_a_temperature_and_lies_in_the_cameras_range(heat: Heat):
    assert set(heat.surfaces) == set(EMISSIVITY) and set(heat.driven) < set(EMISSIVITY)
    low, high = map(black_body, heat.range_c)
    assert all(low < heat.radiance(surface) for surface in EMISSIVITY)
    assert all(heat.radiance(surface) < high for surface in ("street", "roof", "wall", "clothes"))
