from datetime import timedelta

import pytest

from blindspot.core.errors import InputError
from blindspot.law.airspace.geozones import LEAST_AHEAD, judge_geozones
from blindspot.law.files.profiles import load_profile
from blindspot.law.judgement import refusals
from blindspot.law.rules.context import Context
from blindspot.law.signatures.authorisation import file_sha256


@pytest.fixture
def zones(document, tmp_path, now):
    """An authorisation that names zones, valid for two hours more."""
    file = tmp_path / "zones.geojson"
    file.write_text('{"features": []}')
    valid_to = (now + timedelta(hours=2)).isoformat()
    document["aviation"] = {
        "regime": "EU-OPEN", "ref": "R", "mtom_kg": 1.4, "dim_m": 0.6, "vmax_mps": 10.0, "contingency_m": 10.0,
        "ground_risk_buffer_m": 20.0,
        "geozones": {"file": str(file), "sha256": file_sha256(file), "valid_to": valid_to},
    }  # fmt: skip
    return document


def test_zones_without_a_file_are_an_assumption_in_simulation_and_no_flight_otherwise(load, document, now):
    reported, todo = judge_geozones(load(document), now, simulated=True)
    assert "assumed" in reported and todo == ""
    assert "name aviation.geozones" in judge_geozones(load(document), now, simulated=False)[1]


def test_fresh_zones_are_reported_with_their_end(load, zones, now):
    reported, todo = judge_geozones(load(zones), now, simulated=False)
    assert reported.endswith("valid to 2026-11-06 21:30 UTC") and todo == ""


def test_zones_that_run_out_during_the_flight_are_stale(load, zones, now):
    last = now + timedelta(hours=2) - LEAST_AHEAD
    for simulated in (False, True):
        assert judge_geozones(load(zones), last, simulated=simulated)[1] == ""
        assert "fetch" in judge_geozones(load(zones), last + timedelta(seconds=1), simulated=simulated)[1]


def test_a_flight_of_over_an_hour_is_judged_up_to_its_end(load, zones, now, good_plan):
    [route] = good_plan.routes
    long = route.model_copy(update={"expected": route.expected.model_copy(update={"flight_time_s": 7200.0})})
    plan = good_plan.with_routes((long,))
    assert judge_geozones(load(zones), now, simulated=False, plan=plan)[1] == ""
    assert "fetch" in judge_geozones(load(zones), now + timedelta(seconds=1), simulated=False, plan=plan)[1]


def test_a_drone_without_a_plan_judges_a_flight_of_over_an_hour_up_to_its_end(load, zones, now):
    auth = load(zones)
    assert judge_geozones(auth, now, simulated=False, flight_s=7200.0)[1] == ""
    assert "fetch" in judge_geozones(auth, now, simulated=False, flight_s=7201.0)[1]


def test_changed_or_lost_zones_are_reported(load, zones, now, tmp_path):
    authorisation = load(zones)
    (tmp_path / "zones.geojson").write_text("[]")
    assert "is not the authorised file" in judge_geozones(authorisation, now, simulated=True)[0]
    (tmp_path / "zones.geojson").unlink()
    assert "does not exist" in judge_geozones(authorisation, now, simulated=True)[0]


def test_zones_are_looked_for_beside_the_authorisation(load, zones):
    zones["aviation"]["geozones"]["file"] = "zones/town.geojson"
    authorisation = load(zones)
    assert authorisation.geozones_path == authorisation.area_path.parent / "zones/town.geojson"


def test_an_end_without_a_time_zone_is_refused(load, zones):
    zones["aviation"]["geozones"]["valid_to"] = "2026-11-06T21:30:00"
    with pytest.raises(InputError, match=r"valid_to.*time zone"):
        load(zones)


def test_zones_that_can_not_be_read_refuse(load, zones, now, tmp_path):
    authorisation = load(zones)
    with (tmp_path / "zones.geojson").open("wb") as file:
        file.truncate(10**10)  # nobody's memory holds it
    reported, todo = judge_geozones(authorisation, now, simulated=False)
    assert "can't be read (it is larger" in reported and todo == "restore it"
    ctx = Context(
        phase="PF", auth=authorisation, profile=load_profile("PRIVATE-SITE"), now_utc=now, simulated=False
    )  # fmt: skip
    [verdict] = refusals(ctx, "PF", ["AVI-02"])
    assert verdict.reason == reported and verdict.remedy_fr == "le remettre"
