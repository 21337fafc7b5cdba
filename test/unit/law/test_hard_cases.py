"""Ten situations that a gate must not get wrong. Those with a test of their own elsewhere are named here."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from blindspot.core.errors import InputError
from blindspot.law.airspace.ed269 import read_zones
from blindspot.law.clearances.clearance import judge_plan
from blindspot.law.clearances.ledger import DayMeter, Ledger
from blindspot.site.town.frame import LocalFrame
from blindspot.stack.programs.fcu_url import is_simulated


def rules(verdicts):
    return [verdict.rule for verdict in verdicts]


@pytest.mark.parametrize(
    "url", ["serial:///dev/ttyACM0:921600", "tcp://192.168.1.2:5760", "udp://:14540@192.168.1.2:14580"]
)
def test_1_a_real_link_in_mode_sitl_is_refused_and_never_flies_under_sim_only(
    load, document, good_plan, now, known, url
):
    with pytest.raises(InputError, match="may lead to a real autopilot"):
        is_simulated("sitl", url)
    simulated = is_simulated("hardware", url)
    assert rules(judge_plan(load(document), good_plan, now, simulated=simulated, **known)) == ["AUT-02", "AUT-07"]


# 2, the week's cap over a restart: clearances/test_week.py
# 3, three calendar months from 30 November, and 4, 20.0 and 20.1 % of the commune: rules/test_tim.py, rules/test_geo.py


@pytest.fixture
def circle(load, document, now, tmp_path):
    """An authorisation that names one zone: a circle with a floor above the sea, active from 23:00 to 01:00 UTC."""

    def zones(floor_m_amsl, **slot):
        from blindspot.law.signatures.authorisation import file_sha256

        zone = {
            "identifier": "HELI", "country": "FRA", "type": "COMMON", "restriction": "PROHIBITED",
            "applicability": [{"permanent": "NO", "schedule": [
                {"day": ["FRI"], "startTime": "23:00Z", "endTime": "01:00Z"} | slot]}],
            "geometry": [{"uomDimensions": "M", "lowerLimit": floor_m_amsl, "lowerVerticalReference": "AMSL",
                          "upperLimit": 300, "upperVerticalReference": "AMSL",
                          "horizontalProjection": {"type": "Circle", "center": [-1.55, 47.2], "radius": 30}}],
        }  # fmt: skip
        file = tmp_path / "zones.json"
        file.write_text(json.dumps({"features": [zone]}))
        document["window"]["daily_slots"] = [{"days": ["FRI", "SAT", "SUN"], "start": "00:00", "end": "23:59"}]
        document["aviation"] = {
            "regime": "EU-OPEN", "ref": "R", "mtom_kg": 1.4, "dim_m": 0.6, "vmax_mps": 10.0, "contingency_m": 10.0,
            "ground_risk_buffer_m": 20.0,
            "geozones": {"file": str(file), "sha256": file_sha256(file), "valid_to": "2026-11-30T00:00:00Z"},
        }  # fmt: skip
        return load(document)

    return zones


@pytest.mark.parametrize(
    ("at", "refused"),
    [
        ("2026-11-06T21:30:00Z", False), ("2026-11-06T22:00:00Z", True), ("2026-11-06T22:30:00Z", True),
        ("2026-11-07T00:30:00Z", True), ("2026-11-07T01:00:00Z", True), ("2026-11-07T01:00:01Z", False),
        ("2026-11-07T23:30:00Z", False),
    ],
)  # fmt: skip
def test_5_a_slot_over_midnight_utc_counts_on_both_days_from_an_hour_before_it(circle, good_plan, at, refused):
    """Local midnight in Paris is 23:00 UTC: the slot begins on Friday UTC, which is Saturday there."""
    moment = datetime.fromisoformat(at)
    found = rules(judge_plan(circle(0.0), good_plan, moment, simulated=False))
    assert ("AVI-02" in found) == refused


@pytest.mark.parametrize(("floor_m_amsl", "refused"), [(78.0, True), (78.1, False)])
def test_5_a_floor_above_the_sea_counts_from_the_fence_s_top(circle, good_plan, floor_m_amsl, refused):
    """The datum is 8 m above the sea, and the fence ends 70 m above the pad."""
    at = datetime(2026, 11, 6, 23, 30, tzinfo=UTC)
    assert ("AVI-02" in rules(judge_plan(circle(floor_m_amsl), good_plan, at, simulated=False))) == refused


def test_5_on_a_slope_the_lowest_ground_decides(good_plan):
    """A zone from 100 m above the ground. The fence ends 90 m over the pad, and 110 m over the foot of the slope."""
    volume = {"uomDimensions": "M", "lowerLimit": 100, "lowerVerticalReference": "AGL",
              "horizontalProjection": {"type": "Circle", "center": [-1.55, 47.2], "radius": 30}}  # fmt: skip
    zone = {"identifier": "Z", "restriction": "PROHIBITED", "geometry": [volume]}
    frame = LocalFrame(47.2, -1.55, 8.0, 48.0)
    [found] = read_zones(json.dumps([zone]).encode(), frame)
    assert not found.meets(0.0, 90.0, 8.0, 0.0)
    assert found.meets(-20.0, 90.0, 8.0, -20.0)


# 6, a file that is replaced or deleted in flight: test_live.py


def test_7_a_clock_that_is_set_back_never_makes_a_day_smaller(tmp_path, now):
    meter = DayMeter(Ledger(tmp_path))
    day = now.date()
    count = meter.begin(day)
    meter.run(count, day, {"drone1"}, "A", now)
    before_s = meter.run(count, day, {"drone1"}, "A", now + timedelta(seconds=100))
    assert before_s == pytest.approx(100.0)
    back = now - timedelta(hours=1)
    assert meter.run(count, day, {"drone1"}, "A", back) >= before_s
    assert meter.run(count, day, {"drone1"}, "A", back + timedelta(seconds=50)) == pytest.approx(150.0)
    meter.end(count)
    assert DayMeter(Ledger(tmp_path)).flown_s(day) >= 150.0, "after a restart"


# 8, a lease that is replayed: leases/test_signed_lease.py
# 9, a countersigner who is the transcriber under another key: test_rehearsal.py
# 10, POLICE_MUNICIPALE: rules/test_aut.py
