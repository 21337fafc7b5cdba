import pyproj
import pytest
from hypothesis import given, strategies as st

from blindspot_sim.airframe.geo import GeoFrame, heading_of, turn_deg
from blindspot_sim.airframe.vehicle_config import DatumOrigin

NANTES = DatumOrigin(lat_deg=47.2135, lon_deg=-1.5536, amsl_m=10.0, geoid_m=47.0)
metres = st.floats(-3000, 3000)


@given(metres, metres)
def test_there_and_back(east_m, north_m):
    frame = GeoFrame(NANTES)
    assert frame.to_enu(*frame.to_wgs84(east_m, north_m)) == pytest.approx((east_m, north_m), abs=1e-3)


@given(metres, metres)
def test_agrees_with_an_exact_topocentric_frame(east_m, north_m):
    exact = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lon_0={NANTES.lon_deg} +lat_0={NANTES.lat_deg} +h_0=0"
    )
    lat_deg, lon_deg = GeoFrame(NANTES).to_wgs84(east_m, north_m)
    assert exact.transform(lon_deg, lat_deg, 0.0)[:2] == pytest.approx((east_m, north_m), abs=0.01)


def test_headings_are_compass_headings():
    directions = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    assert [heading_of(*direction) for direction in directions] == pytest.approx([0, 90, 180, 270])
    assert turn_deg(350, 10) == pytest.approx(20)
    assert turn_deg(10, 350) == pytest.approx(-20)
