"""AVI: aviation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from blindspot.law.clearances.clearance import Gate
from blindspot.law.judgement import BY_ID, judge
from blindspot.law.rules.facts import RemoteIdState
from blindspot.law.signatures.notices import Notices
from blindspot.law.signatures.revocation import Revocations
from blindspot.law.signatures.separation import Separation
from blindspot.mission.plan import Point, Relief

NOW = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
NO_AVIATION = {"doc": {"aviation": None}}
OPERATOR, SERIAL = "FIN87astrdge12k8-xyz", "EX92AABCDE12345"
OTHER = "EX92AABCDE12346"
"""The number of a second drone."""
EU = {"aviation.regime": "EU-SPECIFIC"}
DUSK = datetime(2026, 11, 27, 16, 32, tzinfo=UTC)
"""In Asnières the sun is 6 deg below the horizon at 16:34:49 UTC: at the landing, and not at the take-off."""


def at_height(up_m, low=None, **failsafe):
    def change(route):
        step = route.steps[0]
        steps = tuple(step.model_copy(update={"to": Point(east_m=0.0, north_m=0.0, up_m=each)})
                      for each in ([up_m] if low is None else [low, up_m]))  # fmt: skip
        return [route.model_copy(update={
            "steps": steps, "takeoff_up_m": up_m,
            "failsafe": route.failsafe.model_copy(update={"rtl_return_alt_m": up_m, **failsafe})})]  # fmt: skip

    return change


def hill(up_m):
    return Point(east_m=5.0, north_m=0.0, up_m=up_m)


def takeoff(up_m):
    return lambda route: [route.model_copy(update={"steps": (), "takeoff_up_m": up_m})]


def speed(mps):
    return lambda route: [
        route.model_copy(update={"steps": (route.steps[0].model_copy(update={"speed_mps": mps}), route.steps[0])})
    ]


def home_at(mps):
    return lambda route: [
        route.model_copy(update={"failsafe": route.failsafe.model_copy(update={"parameters": {"MPC_XY_CRUISE": mps}})})
    ]


def model(mass_kg, span_m):
    return {"models": {"rehearsal": SimpleNamespace(mass_kg=mass_kg, span_m=span_m)}}


def rid(**changes):
    said = {"active": True, "operator": OPERATOR.partition("-")[0], "serials": (SERIAL,)} | changes
    return {"remote_id": RemoteIdState(**said)}


BOTH_RID = {"aviation.rid.serials": [SERIAL, OTHER]}

CASES = [
    # the authorisation: 50 to 100 m above the ground; a flight is up to 2 m off its plan
    ("AVI-01", "PL", "", {"why": "98 m", "route": at_height(98.0)}),
    ("AVI-01", "PL", "would fly at 96.1 to 100.1 m", {"route": at_height(98.1)}),
    ("AVI-01", "PL", "", {"why": "a return to a hill, up to 100 m", "route": at_height(98.0, rally=(hill(2.0),))}),
    ("AVI-01", "PL", "would fly at 96.0 to 101.0 m", {"route": at_height(98.0, rally=(hill(3.0),))}),
    ("AVI-01", "PL", "", {"why": "52 m", "route": at_height(52.0)}),
    ("AVI-01", "PL", "", {"why": "a step down to 52 m", "route": at_height(60.0, low=52.0)}),
    ("AVI-01", "PL", "would fly at 49.9 to 62.0 m", {"route": at_height(60.0, low=51.9)}),
    ("AVI-01", "PL", "", {"why": "a step up to 98 m", "route": at_height(60.0, low=98.0)}),
    ("AVI-01", "PL", "would fly at 58.0 to 100.1 m", {"route": at_height(60.0, low=98.1)}),
    ("AVI-01", "PL", "would fly at 58.0 to 100.1 m", {"route": at_height(60.0, rtl_return_alt_m=100.1)}),
    ("AVI-01", "PL", "", {"why": "only a take-off, to 98 m", "route": takeoff(98.0)}),
    ("AVI-01", "PL", "to 100.1 m", {"route": takeoff(98.1)}),
    ("AVI-01", "PL", "would fly at 49.9 to", {"route": takeoff(51.9)}),
    ("AVI-01", "PL", "", {"why": "over relief", "route": at_height(75.0),
                          "plan": {"relief": Relief(lowest_m=-23.0, highest_m=23.0)}}),
    ("AVI-01", "PL", "would fly at 50.0 to 100.1 m",
     {"route": at_height(75.0), "plan": {"relief": Relief(lowest_m=-23.1, highest_m=23.0)}}),
    ("AVI-01", "PL", "would fly at 49.9 to 100.0 m",
     {"route": at_height(75.0), "plan": {"relief": Relief(lowest_m=-23.0, highest_m=23.1)}}),
    ("AVI-01", "PL", "", {"why": "118 m", "route": at_height(118.0), "doc": {"area.ceiling_m_agl": 120}}),
    ("AVI-01", "PL", "to 120.1 m", {"route": at_height(118.1), "doc": {"area.ceiling_m_agl": 120}}),
    ("AVI-01", "IF", "", {"why": "100 m in flight", "flying": {"height_m": 100.0}}),
    ("AVI-01", "IF", "100.1 m above the terrain", {"flying": {"height_m": 100.1}}),
    ("AVI-01", "IF", "nan m above the terrain", {"flying": {"height_m": float("nan")}}),
    ("AVI-01", "IF", "unknown how high", {"flying": {"height_m": None}}),
    ("AVI-01", "IF", "unknown how high", {"flying": None}),
    ("AVI-02", "PL", "", {}),
    ("AVI-02", "PL", "can't be judged", {"doc": {"aviation.geozones.sha256": "0" * 64}}),
    ("AVI-02", "PF", "", {"why": "valid for an hour", "doc": {"aviation.geozones.valid_to": "2026-11-27T20:00:00Z"}}),
    ("AVI-02", "PF", "valid to 2026-11-27 19:59",
     {"doc": {"aviation.geozones.valid_to": "2026-11-27T19:59:59Z"}}),
    ("AVI-02", "PF", "none named", {"doc": {"aviation.geozones": None}}),
    ("AVI-02", "PF", "", {"why": "none named, simulated", "doc": {"aviation.geozones": None},
                          "ctx": {"simulated": True}}),
    ("AVI-02", "IF", "", {"why": "an emergency response is AVI-08's", "flying": {"emergency": "fire 12"}}),
    ("AVI-02", "IF", "prohibited zone fire 12", {"why": "without the rules of aviation", "profile": {"modules": ()},
                                                 "flying": {"emergency": "fire 12"}}),
    ("AVI-02", "IF", "", {"why": "without the rules of aviation and notices", "profile": {"modules": ()},
                          "flying": {"emergency": None}}),
    ("AVI-02", "IF", "", {"why": "outside", "flying": {"zone": ""}}),
    ("AVI-02", "IF", "prohibited zone LFPB", {"flying": {"zone": "LFPB"}}),
    ("AVI-02", "IF", "unknown whether", {"flying": {"zone": None}}),
    ("AVI-02", "IF", "unknown whether", {"flying": None}),
    ("AVI-03", "PL", "", {"why": "10 m/s", "route": speed(10.0)}),
    ("AVI-03", "PL", "would fly at 10.1 m/s", {"route": speed(10.1)}),
    ("AVI-03", "PL", "", {"why": "without a step", "route": takeoff(75.0)}),
    ("AVI-03", "PL", "", {"why": "10 m/s on the way home", "route": home_at(10.0)}),
    ("AVI-03", "PL", "would fly at 10.1 m/s", {"why": "on the way home", "route": home_at(10.1)}),
    ("AVI-03", "PL", "", {"why": "4 kg and 0.9 m", "ctx": model(4.0, 0.9)}),
    ("AVI-03", "PL", "weighs 4.1 kg", {"ctx": model(4.1, 0.9)}),
    ("AVI-03", "PL", "measures 0.91 m", {"ctx": model(4.0, 0.91)}),
    *[("AVI-03", "PL", "unknown how large and heavy rehearsal is", {"ctx": {"models": models}})
      for models in (None, {})],
    ("AVI-03", "PL", "", {"why": "an unknown drone in simulation", "ctx": {"models": None, "simulated": True}}),
    ("AVI-03", "PL", "no section aviation", NO_AVIATION),
    ("AVI-03", "PL", "", {"why": "a profile without the section", **NO_AVIATION, "profile": {"modules": ()}}),
    ("AVI-04", "PL", "", {"why": "1:1"}),
    ("AVI-04", "PL", "below the ceiling", {"doc": {"aviation.ground_risk_buffer_m": 99.9}}),
    ("AVI-04", "PL", "", {"why": "a computed buffer", "doc": {
        "aviation.ground_risk_buffer_m": 60, "aviation.ballistic_ref": "computation 7"}}),
    ("AVI-04", "PL", "no contingency volume", {"doc": {"aviation.contingency_m": 0}}),
    ("AVI-04", "PL", "", {"why": "a small contingency volume", "doc": {"aviation.contingency_m": 0.1}}),
    ("AVI-04", "PL", "the ground risk class is 6", {"doc": {"aviation.igrc": 5}}),
    ("AVI-04", "PL", "", {"why": "a stricter class", "doc": {"aviation.igrc": 7}}),
    ("AVI-04", "PL", "the ground risk class is 6", {"doc": {"aviation.igrc": None}}),
    ("AVI-04", "PL", "the ground risk class is 7", {"doc": {"aviation.population_per_km2": 50_000}}),
    ("AVI-04", "PL", "density is not given", {"doc": {"aviation.population_per_km2": None}}),
    ("AVI-04", "PL", "density is not given", {"doc": {"aviation.population_source": None}}),
    ("AVI-04", "PL", "outside the SORA table", {"doc": {"aviation.dim_m": 41.0}}),
    ("AVI-04", "PL", "outside the SORA table",
     {"doc": {"aviation.dim_m": 20.0, "aviation.population_per_km2": 50_000, "aviation.igrc": 10}}),
    ("AVI-04", "PL", "outside the SORA table", {"doc": {"aviation.dim_m": 40.0, "aviation.igrc": 10}}),
    ("AVI-04", "PL", "", {"why": "class 9", "doc": {"aviation.dim_m": 20.0, "aviation.igrc": 9}}),
    ("AVI-04", "PL", "", {"why": "the open category", "doc": {"aviation.regime": "EU-OPEN", "aviation.igrc": None}}),
    ("AVI-04", "PL", "no section aviation", NO_AVIATION),
    *[("AVI-05", phase, "", {}) for phase in ("PF", "IF")],
    ("AVI-05", "PF", "is not active", {"ready": rid(active=False)}),
    ("AVI-05", "IF", "is not active", {"flying": rid(active=False)}),
    ("AVI-05", "PF", "sends other numbers", {"ready": rid(serials=(OTHER,))}),
    ("AVI-05", "PF", "sends other numbers", {"ready": rid(operator="FIN87astrdge12k9")}),
    ("AVI-05", "PF", "sends other numbers", {"why": "it sends the secret characters", "ready": rid(operator=OPERATOR)}),
    ("AVI-05", "PF", "", {"why": "two drones, each with its authorised number", "doc": BOTH_RID,
                          "ready": rid(serials=(OTHER, SERIAL))}),
    ("AVI-05", "IF", "", {"why": "the second drone alone", "doc": BOTH_RID, "flying": rid(serials=(OTHER,))}),
    ("AVI-05", "PF", "two drones send the same", {"doc": BOTH_RID, "ready": rid(serials=(SERIAL, SERIAL))}),
    ("AVI-05", "PF", f"other numbers: FIN87astrdge12k8 {OTHER}", {"ready": rid(serials=(SERIAL, OTHER))}),
    ("AVI-05", "PF", "sends other numbers", {"ready": rid(serials=())}),
    ("AVI-05", "PF", "unknown whether remote", {"ready": {"remote_id": None}}),
    ("AVI-05", "PF", "unknown whether remote", {"ready": None}),
    ("AVI-05", "IF", "unknown whether remote", {"flying": None}),
    ("AVI-05", "PF", "wrong check character", {"doc": {"aviation.rid.operator": "FIN87astrdge12k9-xyz"}}),
    ("AVI-05", "PF", "another length", {"doc": {"aviation.rid.serials": [SERIAL, "EX92BABCDE12345"]}}),
    ("AVI-05", "PF", "", {"why": "state aircraft without it", "doc": {"aviation.rid": None}}),
    ("AVI-05", "PF", "names no remote identification", {"doc": {"aviation.rid": None} | EU}),
    ("AVI-05", "PF", "no section aviation", NO_AVIATION),
    *[("AVI-06", phase, "", {"why": "at night"}) for phase in ("PF", "IF")],
    ("AVI-06", "PF", "the flight is at night", {"doc": {"aviation.night": False}}),
    ("AVI-06", "PF", "green light is off", {"ready": {"green_light": False}}),
    ("AVI-06", "IF", "green light is off", {"flying": {"green_light": False}}),
    ("AVI-06", "PF", "unknown whether the green light", {"ready": {"green_light": None}}),
    ("AVI-06", "PF", "unknown whether the green light", {"ready": None}),
    ("AVI-06", "IF", "unknown whether the green light", {"flying": None}),
    ("AVI-06", "PF", "", {"why": "by day", "doc": {"aviation.night": False}, "ctx": {"now_utc": NOON}}),
    ("AVI-06", "PF", "the flight is at night", {"doc": {"aviation.night": False}, "ctx": {"now_utc": DUSK}}),
    ("AVI-06", "IF", "", {"why": "before dusk, in flight", "doc": {"aviation.night": False},
                          "ctx": {"now_utc": DUSK}}),
    ("AVI-06", "PF", "no section aviation", NO_AVIATION),
    ("AVI-08", "IF", "", {}),
    ("AVI-08", "IF", "emergency response is below: fire 12", {"flying": {"emergency": "fire 12"}}),
    ("AVI-08", "IF", "unknown whether", {"flying": {"emergency": None}}),
    ("AVI-08", "IF", "unknown whether", {"flying": None}),
    ("AVI-10", "PF", "", {"why": "of this second"}),
    ("AVI-10", "PF", "", {"why": "59:59 old", "ready": {"notam_at": NOW - timedelta(seconds=3599)}}),
    ("AVI-10", "PF", "the notices to airmen are of", {"ready": {"notam_at": NOW - timedelta(hours=1)}}),
    ("AVI-10", "PF", "the notices to airmen are of", {"ready": {"notam_at": NOW + timedelta(seconds=1)}}),
    ("AVI-10", "PF", "unknown how old", {"ready": {"notam_at": None}}),
    ("AVI-10", "PF", "unknown how old", {"ready": None}),
]  # fmt: skip


def test_rule(check, case):
    check(case)


@pytest.mark.parametrize("name", ["green_light", "remote_id"])
def test_avi_05_and_avi_06_take_each_phase_s_own_fact(question, name):
    from dataclasses import replace

    from blindspot.law.judgement import judge

    rule = {"green_light": "AVI-06", "remote_id": "AVI-05"}[name]
    ctx = question()
    assert judge(replace(ctx, flying=None), ["PF"], only=[rule]).go
    assert judge(replace(ctx, ready=None), ["IF"], only=[rule]).go


@pytest.mark.parametrize(("up_m", "ok"), [(118.0, True), (118.1, False)])
def test_avi_01_no_file_raises_the_law_s_ceiling_of_120_m(question, up_m, ok):
    ctx = question(route=at_height(up_m))
    area = ctx.file.area.model_copy(update={"ceiling_m_agl": 500.0})
    auth = replace(ctx.given, file=ctx.file.model_copy(update={"area": area}))
    assert BY_ID["AVI-01"].judge(replace(ctx, auth=auth)).ok == ok


@pytest.mark.parametrize(
    ("minutes", "retrieved", "rule"), [(20, 19, ""), (20, -1, ""), (20, -41, "AVI-10"), (20, 21, "AVI-10")]
)
def test_avi_10_a_snapshot_that_is_renewed_in_flight_is_judged_by_the_time_of_its_renewal(
    question, monkeypatch, minutes, retrieved, rule
):
    monkeypatch.setattr("blindspot.law.clearances.clearance.judge_mission", lambda *_: ())
    ctx = question()
    mission = SimpleNamespace(models=ctx.models, file=SimpleNamespace(fleet=()))
    gate = Gate(ctx.auth, simulated=False, mission=mission)
    gate.clear(ctx.plan, ctx.now_utc)
    gate.place_s, gate.known = ctx.place_s, (ctx.ready, ctx.book)
    later = ctx.now_utc + timedelta(minutes=minutes)
    notices = Notices(ctx.now_utc + timedelta(minutes=retrieved), "pilot-1", b"[]")
    stated = Separation(later - timedelta(minutes=1), "officer-1")
    gate.authorisation_is(replace(ctx.auth, notices=notices, separation=stated), "", later, 0.0, 0)
    assert (gate.ended.rule if gate.ended is not None else "") == rule, gate.ended


def test_avi_10_a_revocation_list_that_is_issued_again_in_flight_makes_no_snapshot_too_old(question, monkeypatch):
    """Each snapshot counts as of its renewal; the list is renewed by another person, at another hour."""
    monkeypatch.setattr("blindspot.law.clearances.clearance.judge_mission", lambda *_: ())
    ctx = question()
    begins = ctx.now_utc
    notices = Notices(begins - timedelta(minutes=45), "pilot-1", b"[]")
    auth = replace(ctx.auth, notices=notices, separation=Separation(begins - timedelta(days=29, hours=23), "officer-2"))
    gate = Gate(auth, simulated=False, mission=SimpleNamespace(models=ctx.models, file=SimpleNamespace(fleet=())))
    gate.clear(ctx.plan, begins)
    gate.place_s, gate.known = ctx.place_s, (ctx.ready, ctx.book)
    for minutes in (20, 70):
        auth = replace(auth, revocations=Revocations((), begins + timedelta(minutes=minutes)))
        gate.authorisation_is(auth, "", begins + timedelta(minutes=minutes), 0.0, 0)
        assert gate.ended is None
    gate.authorisation_is(replace(auth, notices=None), "", begins + timedelta(minutes=71), 0.0, 0)
    assert gate.ended.rule == "AVI-10", "a snapshot that is taken away is judged"


def test_avi_06_a_night_that_begins_and_ends_within_the_flight_is_a_night(question):
    """In Helsinki the night of midsummer lasts for less than an hour and a half."""
    ctx = question(doc={"aviation.night": False}, now=datetime(2026, 6, 21, 21, 0, tzinfo=UTC))
    [route] = ctx.plan.routes
    origin = ctx.plan.origin.model_copy(update={"lat_deg": 60.2, "lon_deg": 24.9})
    for minutes, is_met in ((10, True), (160, False)):
        expected = route.expected.model_copy(update={"flight_time_s": 60.0 * minutes})
        plan = ctx.plan.with_routes((route.model_copy(update={"expected": expected}),))
        plan = plan.model_copy(update={"origin": origin})
        assert judge(replace(ctx, plan=plan), ["PF"], only=["AVI-06"]).go is is_met
    landed = ctx.now_utc + timedelta(minutes=160)
    assert judge(replace(ctx, plan=plan, now_utc=landed), ["IF"], only=["AVI-06"]).go, "it is day again"
