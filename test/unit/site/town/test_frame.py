import numpy as np
import pytest
from hypothesis import given, strategies as st
from pyproj import Geod

from blindspot.site.town.frame import LocalFrame

NANTES = LocalFrame(lat_deg=47.215, lon_deg=-1.556, datum_amsl_m=26.0, geoid_m=48.2)
metres = st.floats(-3000, 3000)


@given(east_m=metres, north_m=metres)
def test_there_and_back_is_the_same_place(east_m, north_m):
    back = NANTES.to_enu(*NANTES.to_wgs84(east_m, north_m))
    assert back == pytest.approx((east_m, north_m), abs=1e-6)


@given(east_m=metres, north_m=metres)
def test_distances_from_the_origin_are_those_on_the_ellipsoid(east_m, north_m):
    lon_deg, lat_deg = NANTES.to_wgs84(east_m, north_m)
    _, _, distance_m = Geod(ellps="WGS84").inv(NANTES.lon_deg, NANTES.lat_deg, lon_deg, lat_deg)
    assert np.hypot(east_m, north_m) == pytest.approx(distance_m, abs=1e-3)


def test_north_is_north_and_east_is_east():
    assert NANTES.to_enu(-1.556, 47.225)[1] > 1000
    assert NANTES.to_enu(-1.546, 47.215)[0] > 700


def test_arrays_keep_their_shape():
    east_m, north_m = NANTES.to_enu(np.full((2, 3), -1.55), np.full((2, 3), 47.2))
    assert east_m.shape == north_m.shape == (2, 3)


def test_heights_are_one_of_three_kinds():
    assert NANTES.to_amsl(10.0) == 36.0
    assert NANTES.up_from_amsl(36.0) == 10.0
    assert NANTES.up_from_ellipsoid(84.2) == pytest.approx(10.0)
