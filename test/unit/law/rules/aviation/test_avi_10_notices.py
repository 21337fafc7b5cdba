"""AVI-10: notices to airmen as a snapshot that a named person took and signed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import dist

import pytest
from test.unit.law.office import Office

from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.drafts.rehearsal import rehearsal_context
from blindspot.law.judgement import judge
from blindspot.law.signatures.notices import write_notices
from blindspot.mission.plan import Begin

NOW = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
HERE, AWAY = (2.2855, 48.9125), (2.35, 48.95)


def zone(place, **changes):
    lon, lat = place
    ring = [[lon + x, lat + y] for x, y in ((-0.01, -0.01), (0.01, -0.01), (0.01, 0.01), (-0.01, 0.01), (-0.01, -0.01))]
    volume = {
        "uomDimensions": "M", "lowerLimit": 0, "lowerVerticalReference": "AGL", "upperLimit": 300,
        "upperVerticalReference": "AGL", "horizontalProjection": {"type": "Polygon", "coordinates": [ring]},
    }  # fmt: skip
    made = {"identifier": "D1234/26", "name": "air show", "country": "FRA", "type": "COMMON",
            "restriction": "PROHIBITED", "applicability": [{"permanent": "YES"}], "geometry": [volume]}  # fmt: skip
    return made | changes


def refusal(ruling):
    assert not ruling.ok
    return ruling.evidence


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    made.document["aviation"]["notices"] = "notices.yaml"
    return made


@pytest.fixture
def snapshot(office):
    def taken(zones=(), by="officer-2", key=None, at=NOW):
        (office.folder / "notam.json").write_text(json.dumps(list(zones)))
        path = office.folder / "notices.yaml"
        write_notices(path, office.folder / "notam.json", by, "SIA", key or office.keys["officer-2"], at)
        return path

    return taken


@pytest.fixture
def ruling(office):
    def judged():
        ctx = rehearsal_context(office.load(office.signed(office.document)), NOW)
        [applied] = judge(ctx, ["PF"], only=["AVI-10"]).applied
        assert "could not be applied" not in applied.ruling.evidence
        return applied.ruling

    return judged


def test_avi_10_takes_a_snapshot_of_less_than_an_hour(snapshot, ruling):
    for age_s, is_met in ((0, True), (3599, True), (3600, False), (-1, False)):
        snapshot(at=NOW - timedelta(seconds=age_s))
        assert ruling().ok == is_met


def test_avi_10_refuses_a_plan_in_a_zone_of_the_notices(snapshot, ruling):
    snapshot([zone(AWAY)])
    assert ruling().ok
    snapshot([zone(HERE)])
    assert "in the prohibited zone D1234/26 (air show)" in refusal(ruling())
    day = {"startDateTime": "2026-11-28T00:00:00Z", "endDateTime": "2026-11-29T00:00:00Z", "permanent": "NO"}
    snapshot([zone(HERE, applicability=[day])])
    assert ruling().ok, "it is of the next day"


def test_avi_10_refuses_zones_that_it_cannot_judge(snapshot, ruling):
    snapshot([{"identifier": "D1", "restriction": "PROHIBITED"}])
    assert "can't be judged" in refusal(ruling())


def test_avi_10_refuses_a_snapshot_that_its_person_has_not_signed(office, snapshot, ruling):
    for by, key in (("officer-1", None), ("officer-2", office.keys["officer-1"]), ("nobody", None)):
        snapshot(by=by, key=key)
        assert f"no trusted key of {by} has signed" in refusal(ruling())


def test_avi_10_refuses_a_changed_or_missing_snapshot(office, snapshot, ruling):
    path = snapshot()
    path.write_text(path.read_text().replace("SIA", "SIA2"))
    assert "no trusted key" in refusal(ruling())
    path.unlink()
    assert "the notices to airmen are invalid" in refusal(ruling())
    snapshot()
    (office.folder / "notam.json").write_text(json.dumps([zone(AWAY)]))
    assert "is not the signed file of zones" in refusal(ruling())
    (office.folder / "notam.json").unlink()
    assert "can't be read" in refusal(ruling())


def test_avi_10_reads_a_new_snapshot_in_flight(office, snapshot):
    snapshot()
    office.load(office.signed(office.document))
    live = LiveAuthorisation(office.folder / "authorisation.yaml", office.folder / "trusted_keys")
    assert live.look().notices.retrieved == NOW
    snapshot(at=NOW + timedelta(seconds=1))
    assert live.look().notices.retrieved == NOW + timedelta(seconds=1)


def test_avi_10_bars_each_rest_of_a_plan_whose_fence_meets_a_zone_that_was_closed_in_flight(office, snapshot):
    """A rest has the fences of its plan, so no way around the zone is left: the planner needs no zones of notices."""
    snapshot([zone(AWAY)])
    ctx = rehearsal_context(office.load(office.signed(office.document)), NOW)
    corner = ctx.plan.routes[0].steps[0].to
    begin = Begin(at=corner, battery_fraction=0.8, flown_s=300.0)
    short = {"begin": begin, "steps": ctx.plan.routes[0].steps[:1]}
    rest = ctx.plan.with_routes(route.model_copy(update=short) for route in ctx.plan.routes)
    assert judge(replace(ctx, plan=rest), ["PF"], only=["AVI-10"]).go
    frame, fence = rest.origin.frame, rest.routes[0].failsafe.fence
    lon, lat = frame.to_wgs84(*max(fence, key=lambda place: dist(place, (corner.east_m, corner.north_m))))
    ring = [[lon + x, lat + y] for x, y in ((-1e-5, -1e-5), (1e-5, -1e-5), (1e-5, 1e-5), (-1e-5, -1e-5))]
    closed = zone(HERE)
    closed["geometry"][0]["horizontalProjection"]["coordinates"] = [ring]
    snapshot([closed])
    ctx = rehearsal_context(office.load(office.signed(office.document)), NOW)
    assert not judge(replace(ctx, plan=rest), ["PF"], only=["AVI-10"]).go
