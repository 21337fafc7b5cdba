"""ED-269 zones over a site: where one prohibits, at what heights, and when; an unknown value never permits."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from blindspot.law.airspace.ed269 import ZonesError, read_zones
from blindspot.law.airspace.geozones import judge_geozones, not_judged, zones_problem
from blindspot.law.clearances.clearance import judge_plan
from blindspot.law.signatures.authorisation import file_sha256
from blindspot.site.town.frame import LocalFrame


@pytest.fixture
def frame(good_plan):
    origin = good_plan.origin
    return LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)


@pytest.fixture
def square(frame):
    """A zone of 40 m about a place, from the ground to 120 m."""

    def at(east_m=20.0, north_m=0.0, **changes):
        ring = [(east_m + dx, north_m + dy) for dx, dy in ((-20, -20), (20, -20), (20, 20), (-20, 20), (-20, -20))]
        volume = {
            "uomDimensions": "M", "lowerLimit": 0, "lowerVerticalReference": "AGL", "upperLimit": 120,
            "upperVerticalReference": "AGL",
            "horizontalProjection": {"type": "Polygon", "coordinates": [[list(frame.to_wgs84(*c)) for c in ring]]},
        }  # fmt: skip
        zone = {"identifier": "LFX01", "name": "School", "country": "FRA", "type": "COMMON",
                "restriction": "PROHIBITED", "applicability": [{"permanent": "YES"}]}  # fmt: skip
        for key, value in changes.items():
            (volume if key in volume else zone)[key] = value
        return zone | {"geometry": [volume]}

    return at


@pytest.fixture
def judge(load, document, good_plan, now, tmp_path):
    """The verdicts of a plan under an authorisation that names these zones."""

    def judge(content, *, simulated=True, at=now, consents=()):
        file = tmp_path / "zones.json"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        document["aviation"] = {
            "regime": "EU-OPEN", "ref": "R", "mtom_kg": 1.4, "dim_m": 0.6, "vmax_mps": 10.0, "contingency_m": 10.0,
            "ground_risk_buffer_m": 20.0, "zone_consents": list(consents),
            "geozones": {"file": str(file), "sha256": file_sha256(file),
                         "valid_to": (now + timedelta(hours=9)).isoformat()},
        }  # fmt: skip
        authorisation = load(document)
        found = judge_plan(authorisation, good_plan, at, simulated=simulated)
        return [v for v in found if v.rule == "AVI-02"], authorisation

    return judge


def test_a_route_in_a_prohibited_zone_is_refused_with_zone_and_place(judge, square):
    [verdict], _ = judge({"features": [square()]})
    assert "LFX01 (School)" in verdict.reason and "47.2" in verdict.reason and "-1.5" in verdict.reason


@pytest.mark.parametrize("wrap", [lambda zones: zones, lambda zones: {"title": "t", "features": zones}])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_bare_list_and_a_byte_order_mark_are_read(judge, square, wrap, mark):
    assert len(judge(mark + json.dumps(wrap([square()])).encode())[0]) == 1


def test_a_fence_or_a_way_home_in_the_zone_counts_and_what_is_beside_does_not(judge, square):
    assert judge([square(90.0, 90.0)])[0], "the fence's corner"
    assert not judge([square(130.0, 0.0)])[0]
    assert not judge([square(5000.0, 0.0)])[0]


def test_a_circle_is_a_circle_in_its_unit(judge, square, frame):
    def circle(radius, unit):
        zone = square(uomDimensions=unit)
        centre = list(frame.to_wgs84(200.0, 0.0))
        zone["geometry"][0]["horizontalProjection"] = {"type": "Circle", "center": centre, "radius": radius}
        zone["geometry"][0]["upperLimit"] = 500
        return [zone]

    assert judge(circle(101.0, "M"))[0] and not judge(circle(98.0, "M"))[0]
    assert not judge(circle(320.0, "FT"))[0] and judge(circle(335.0, "FT"))[0]


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        # The fence ends 70 m above the pad, 78 m above the sea.
        ({"lowerLimit": 69}, True),
        ({"lowerLimit": 71}, False),
        ({"lowerLimit": 77, "lowerVerticalReference": "AMSL"}, True),
        ({"lowerLimit": 79, "lowerVerticalReference": "AMSL"}, False),
        ({"upperLimit": 9, "upperVerticalReference": "AMSL"}, True),
        ({"upperLimit": 7, "upperVerticalReference": "AMSL"}, False),
        ({"lowerLimit": 240, "upperLimit": 400, "uomDimensions": "FT"}, False),
        ({"lowerLimit": 229, "upperLimit": 400, "uomDimensions": "FT"}, True),
        ({"lowerLimit": 120, "upperLimit": 0}, True),
        ({"lowerLimit": None}, True),
        ({"upperLimit": None}, True),
    ],
)
def test_heights_count_from_ground_or_sea(judge, square, changes, met):
    assert bool(judge([square(**changes)])[0]) is met


FRIDAY = {"day": ["FRI"], "startTime": "19:00Z", "endTime": "21:00Z"}


@pytest.mark.parametrize(
    ("applicability", "met"),
    [
        ([], True), (None, True), ([{"permanent": "YES"}], True),
        ([{"permanent": "NO", "endDateTime": "2026-11-06T19:00:00Z"}], False),
        ([{"permanent": "NO", "endDateTime": "2026-11-06T20:00:00Z"}], True),
        ([{"permanent": "NO", "startDateTime": "2026-11-06T20:00:00Z"}], True),
        ([{"permanent": "NO", "startDateTime": "2026-11-06T21:00:00Z"}], False),
        ([{"permanent": "NO", "startDateTime": "some day"}], True),
        ([{"permanent": "NO", "schedule": [FRIDAY]}], True),
        ([{"permanent": "NO", "schedule": [FRIDAY | {"day": ["MON"]}]}], False),
        ([{"permanent": "NO", "schedule": [FRIDAY | {"day": ["ANY"]}]}], True),
        ([{"permanent": "NO", "schedule": [FRIDAY | {"endTime": "19:15Z"}]}], False),
        ([{"permanent": "NO", "schedule": [FRIDAY | {"startTime": "20:15:00.00Z"}]}], True),
        ([{"permanent": "NO", "schedule": [FRIDAY | {"startTime": "22:00Z", "endTime": "19:45Z", "day": ["THU"]}]}],
         True),
        ([{"permanent": "NO", "schedule": [FRIDAY | {"startTime": "22:00Z", "endTime": "19:15Z", "day": ["THU"]}]}],
         False),
        ([{"permanent": "NO", "schedule": [FRIDAY | {"startTime": "noon"}]}], True),
        ([{"permanent": "NO", "schedule": [FRIDAY | {"day": ["someday"]}]}], True),
        ([{"permanent": "NO", "schedule": [FRIDAY | {"day": []}]}], True),
        ([{"permanent": "NO", "schedule": "always"}], True),
        ([{"startDateTime": "2026-11-09T00:00:00Z", "endDateTime": "2026-11-02T00:00:00Z"}], True),
    ],
)  # fmt: skip
def test_a_zone_that_is_surely_off_does_not_count_and_any_other_does(judge, square, applicability, met):
    """It is Friday, 19:30 UTC; a flight takes an hour at most."""
    assert bool(judge([square(applicability=applicability)])[0]) is met


def test_a_zone_that_becomes_active_in_the_second_hour_of_a_flight_counts(judge, square, good_plan, now):
    _, authorisation = judge([square(applicability=[{"startDateTime": (now + timedelta(minutes=90)).isoformat()}])])
    [route] = good_plan.routes
    for minutes, is_met in ((89, False), (90, True)):
        expected = route.expected.model_copy(update={"flight_time_s": 60.0 * minutes})
        plan = good_plan.with_routes((route.model_copy(update={"expected": expected}),))
        assert (zones_problem(authorisation, plan, now, simulated=False) is not None) is is_met


@pytest.mark.parametrize(
    ("restriction", "met"),
    [("PROHIBITED", True), ("SOMETHING_NEW", True), ("REQ_AUTHORISATION", True), ("CONDITIONAL", True),
     ("NO_RESTRICTION", False)],
)  # fmt: skip
def test_no_restriction_alone_permits_by_itself(judge, square, restriction, met):
    assert bool(judge([square(restriction=restriction)])[0]) is met


CONSENT = {"zone": "LFX01", "ref": "DSAC 2026-11", "date": "2026-11-06"}


@pytest.mark.parametrize(
    ("restriction", "consent", "met"),
    [
        ("REQ_AUTHORISATION", {}, False), ("CONDITIONAL", {}, False),
        ("REQ_AUTHORISATION", {"zone": "LFX0"}, True), ("CONDITIONAL", {"zone": "lfx01"}, True),
        ("REQ_AUTHORISATION", {"date": "2026-11-07"}, True),
        ("PROHIBITED", {}, True), ("SOMETHING_NEW", {}, True),
    ],
)  # fmt: skip
def test_a_consent_opens_the_zone_that_it_names_from_its_date_and_nothing_that_is_prohibited(
    judge, square, restriction, consent, met
):
    assert bool(judge([square(restriction=restriction)], consents=[CONSENT | consent])[0]) is met


def test_a_zone_that_needs_a_consent_is_refused_with_the_key_that_names_it(judge, square):
    [verdict], _ = judge([square(restriction="CONDITIONAL")])
    assert "LFX01 (School)" in verdict.reason and "consent" in verdict.reason
    assert "aviation.zone_consents" in verdict.remedy and "aviation.zone_consents" in verdict.remedy_fr


def test_no_consent_opens_a_zone_without_an_identifier_or_of_an_emergency(judge, square):
    nameless = square(restriction="CONDITIONAL", identifier=None)
    assert judge([nameless], consents=[CONSENT | {"zone": "zone 0"}, CONSENT | {"zone": "None"}])[0]
    long = "L" * 50
    assert judge([square(restriction="CONDITIONAL", identifier=long)], consents=[CONSENT | {"zone": long[:40]}])[0]
    assert not judge([square(restriction="CONDITIONAL", identifier=long)], consents=[CONSENT | {"zone": long}])[0]
    assert judge([square(restriction="CONDITIONAL", reason=["EMERGENCY"])], consents=[CONSENT])[0]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ({"uomDimensions": "NM"}, "'NM' is neither M nor FT"),
        ({"upperVerticalReference": "WGS84"}, "'WGS84', which is neither AGL nor AMSL"),
        ({"horizontalProjection": {"type": "Ellipse"}}, "'Ellipse' is neither"),
        ({"horizontalProjection": None}, "can't be read"),
        ({"lowerLimit": "high"}, "can't be read"),
        ({"lowerLimit": float("nan")}, "no number"),
        ({"restriction": None}, "lacks restriction"),
    ],
)
def test_a_file_that_can_not_be_judged_flies_nothing_real_and_is_reported_in_simulation(
    judge, square, good_plan, now, damage, why
):
    zones = [square(**damage)]
    [verdict], authorisation = judge(zones, simulated=False)
    assert why in verdict.reason and "LFX01" in verdict.reason
    assert judge(zones)[0] == []
    assert not_judged(authorisation, good_plan).startswith("geozones not judged: ")
    assert judge_geozones(authorisation, now, simulated=False)[1] != ""
    reported, todo = judge_geozones(authorisation, now, simulated=True)
    assert "not judged" in reported and todo == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"type": "FeatureCollection"}', b"[" * 100_000, b"\xff\xfe"])
def test_a_file_without_a_list_of_zones_is_refused(frame, content):
    with pytest.raises(ZonesError):
        read_zones(content, frame)


def test_a_file_that_was_changed_is_not_judged(judge, good_plan, now):
    _, authorisation = judge([])
    authorisation.geozones_path.write_text("[ ]")
    [verdict] = [v for v in judge_plan(authorisation, good_plan, now, simulated=False) if v.rule == "AVI-02"]
    assert "is not the authorised file" in verdict.reason


@pytest.mark.parametrize(
    "change",
    [{"restriction": []}, {"restriction": {}}, {"lowerLimit": 10**400}, {"uomDimensions": []}],
    ids=["a list", "a mapping", "a huge number", "a list as unit"],
)
def test_a_zone_of_odd_values_can_not_be_judged(square, frame, change):
    with pytest.raises(ZonesError):
        read_zones(json.dumps([square(**change)]).encode(), frame)


def test_a_zone_across_the_180th_meridian_prohibits(square):
    fiji = LocalFrame(-16.8, 179.9999, 0.0, 0.0)
    ring = [[-179.9999, -16.8], [-179.998, -16.8], [-179.998, -16.799], [-179.9999, -16.8]]
    [zone] = read_zones(
        json.dumps([square(horizontalProjection={"type": "Polygon", "coordinates": [ring]})]).encode(), fiji
    )
    assert 20.0 < zone.polygon.bounds[0] < 25.0
