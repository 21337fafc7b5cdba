"""AVI-02 and AVI-08 in flight: the zone at a drone's place, by the authorised zones and the notices to airmen."""

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from blindspot.law.airspace.geozones import noticed_problem, zones_at
from blindspot.law.files.aviation_section import ZoneConsent
from blindspot.law.signatures.notices import Notices

HERE, HIGH, AWAY = (0.0, 0.0, 50.0), (0.0, 0.0, 101.0), (300.0, 0.0, 50.0)


def zone(ctx, name, reason, top_m=100.0, **applicability):
    origin = ctx.plan.origin
    shape = {"type": "Circle", "center": [origin.lon_deg, origin.lat_deg], "radius": 200.0}
    volume = {"horizontalProjection": shape, "uomDimensions": "M", "upperLimit": top_m + origin.datum_amsl_m,
              "upperVerticalReference": "AMSL"}  # fmt: skip
    return {"identifier": name, "restriction": "PROHIBITED", "reason": reason, "geometry": [volume],
            "applicability": [applicability] if applicability else []}  # fmt: skip


@pytest.fixture
def at(question, tmp_path):
    """(zone, emergency) at a place, with these zones in the authorised file and in the notices."""

    def found(place, authorised=(), noticed=(), at=None, restriction="PROHIBITED", consents=(), **changes):
        ctx = question()
        zones = tmp_path / "zones.json"
        kind = {"restriction": restriction}
        zones.write_text(json.dumps([zone(ctx, *each) | kind for each in authorised]))
        named = ctx.file.aviation.geozones.model_copy(update={"sha256": hashlib.sha256(zones.read_bytes()).hexdigest()})
        given = {"geozones": named, "zone_consents": tuple(consents)}
        file = ctx.file.model_copy(update={"aviation": ctx.file.aviation.model_copy(update=given)})
        content = json.dumps([zone(ctx, *each) | kind for each in noticed]).encode()
        notices = Notices(ctx.now_utc, "pilot-1", content)
        auth = replace(ctx.auth, file=file, geozones_path=zones, **({"notices": notices} | changes))
        return zones_at(auth, ctx.plan, place, ctx.now_utc if at is None else at)

    return found


def test_avi_08_an_emergency_response_of_the_notices_is_found_at_its_place_and_height_alone(at):
    fire = [("fire 12", ["EMERGENCY"])]
    assert at(HERE, noticed=fire) == ("", "fire 12")
    assert at(HIGH, noticed=fire) == at(AWAY, noticed=fire) == ("", "")
    assert at(HERE, authorised=[("fire 13", "EMERGENCY")]) == ("", "fire 13")


@pytest.mark.parametrize("restriction", ["CONDITIONAL", "REQ_AUTHORISATION", "NO_RESTRICTION"])
def test_avi_08_an_emergency_response_of_the_notices_prohibits_with_any_restriction(at, question, restriction):
    fire = json.dumps([zone(question(), "fire 12", ["EMERGENCY"]) | {"restriction": restriction}]).encode()
    notices = Notices(question().now_utc, "pilot-1", fire)
    assert at(HERE, notices=notices) == ("", "fire 12")
    assert "fire 12" in noticed_problem(question().auth, fire, question().plan, question().now_utc)[0]


def test_avi_02_another_prohibited_zone_is_none_of_the_emergency_services(at):
    prison = [("prison", ["SENSITIVE"])]
    assert at(HERE, authorised=prison) == at(HERE, noticed=prison) == ("prison", "")
    assert at(HERE, authorised=prison, noticed=[("fire 12", ["EMERGENCY"])]) == ("prison", "fire 12")


@pytest.mark.parametrize("restriction", ["CONDITIONAL", "REQ_AUTHORISATION"])
def test_avi_02_a_zone_that_needs_a_consent_counts_in_flight_until_the_authorisation_names_it(at, restriction):
    control = [("CTR 1", ["AIR_TRAFFIC"])]
    named = [ZoneConsent(zone="CTR 1", ref="DSAC 7", date=date(2026, 11, 2))]
    another = [ZoneConsent(zone="CTR 2", ref="DSAC 7", date=date(2026, 11, 2))]
    for where in ({"authorised": control}, {"noticed": control}):
        assert at(HERE, restriction=restriction, **where) == ("CTR 1", "")
        assert at(HERE, restriction=restriction, consents=another, **where) == ("CTR 1", "")
        assert at(HERE, restriction=restriction, consents=named, **where) == ("", "")


def test_avi_08_is_unknown_without_notices_and_avi_02_without_zones_that_can_be_judged(at, question):
    assert at(HERE, notices=None) == ("", None)
    assert at(HERE, [("fire 13", "EMERGENCY")], notices=None) == ("", "fire 13")
    assert at(HERE, [("prison", [])], notices=Notices(problem="unsigned")) == ("prison", None)
    assert at(HERE, notices=Notices(question().now_utc, "p", b"{")) == (None, None)
    ctx = question()
    lost = replace(ctx.auth, geozones_path=ctx.auth.geozones_path.with_name("lost.json"))
    assert zones_at(lost, ctx.plan, HERE, ctx.now_utc + timedelta(0)) == (None, None)
