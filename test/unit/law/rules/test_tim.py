"""TIM: windows, events, slots and clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from blindspot.law.rules.tim import months_later


def at(text):
    return datetime.fromisoformat(text)


def window(begins, ends):
    return {"window.not_before": begins, "window.not_after": ends}


EVENT = {"name": "concert", "begins": "2026-11-27T20:00:00+01:00", "ends": "2026-11-27T20:03:00+01:00"}
GATHERING = {"purpose.code": "L242-5-I-2", "purpose.event": EVENT}
DAYS = {"max_months": None, "max_days": 92}

CASES = [
    ("TIM-01", "PL", "", {"why": "three calendar months from 30 November",
                          "doc": window("2026-11-30T00:00:00+01:00", "2027-02-28T00:00:00+01:00")}),
    ("TIM-01", "PL", "longer than 3 calendar months",
     {"doc": window("2026-11-30T00:00:00+01:00", "2027-02-28T00:00:01+01:00")}),
    ("TIM-01", "PL", "", {"why": "across the change to summer time",
                          "doc": window("2026-11-27T00:00:00+01:00", "2027-02-27T00:00:00+01:00")}),
    ("TIM-01", "PL", "", {"why": "92 days", "limits": DAYS,
                          "doc": window("2026-11-01T00:00:00Z", "2027-02-01T00:00:00Z")}),
    ("TIM-01", "PL", "longer than three months", {"limits": DAYS,
                                                  "doc": window("2026-11-01T00:00:00Z", "2027-02-01T00:00:01Z")}),
    ("TIM-01", "PL", "longer than 366 days", {"limits": {"max_months": None, "max_days": 366},
                                              "doc": window("2026-11-01T00:00:00Z", "2027-11-02T00:00:01Z")}),
    ("TIM-01", "PL", "", {"why": "no limit", "limits": {"max_months": None},
                          "doc": window("2026-11-01T00:00:00Z", "2036-02-01T00:00:00Z")}),
    ("TIM-02", "PL", "", {"why": "inside the event, to the second", "doc": GATHERING}),
    ("TIM-02", "PL", "not inside the event concert",
     {"doc": GATHERING | {"purpose.event": EVENT | {"ends": "2026-11-27T20:02:59+01:00"}}}),
    ("TIM-02", "PL", "not inside the event concert",
     {"doc": GATHERING | {"purpose.event": EVENT | {"begins": "2026-11-27T20:00:01+01:00"}}}),
    ("TIM-02", "PL", "has no event", {"doc": {"purpose.code": "L242-5-I-2"}}),
    ("TIM-02", "PL", "has no event", {"doc": {"purpose.code": "UNKNOWN"}}),
    ("TIM-02", "PL", "names no purpose", {"doc": {"purpose": None}}),
    ("TIM-02", "PL", "", {"why": "no gathering"}),
    ("TIM-02", "PL", "", {"why": "without a plan", "doc": GATHERING, "ctx": {"plan": None}}),
    ("TIM-03", "PL", "", {"why": "the slot's first second"}),
    ("TIM-03", "PL", "outside the daily slots", {"ctx": {"now_utc": at("2026-11-27T18:59:59+00:00")}}),
    ("TIM-03", "PL", "", {"why": "lands in the slot's last second", "ctx": {"now_utc": at("2026-11-27T21:57:00Z")}}),
    ("TIM-03", "PF", "would land 1 s after its slot's end", {"ctx": {"now_utc": at("2026-11-27T21:57:00.5Z")}}),
    ("TIM-03", "IF", "", {"why": "the slot's last second", "ctx": {"now_utc": at("2026-11-27T21:59:59Z")}}),
    ("TIM-03", "IF", "outside the daily slots", {"ctx": {"now_utc": at("2026-11-27T22:00:00Z")}}),
    ("TIM-03", "PL", "", {"why": "without a plan", "ctx": {"plan": None, "now_utc": at("2026-11-27T21:59:59Z")}}),
    ("TIM-03", "PL", "", {"why": "without a route", "plan": {"routes": ()}}),
    ("TIM-03", "PL", "begins 2026-11-27T00:00:00+01:00", {"ctx": {"now_utc": at("2026-11-26T22:59:59Z")}}),
    ("TIM-03", "IF", "outside the daily slots", {"ctx": {"now_utc": at("2026-11-26T23:00:00Z")}}),
    ("TIM-03", "IF", "ended 2027-02-26T00:00:00+01:00", {"ctx": {"now_utc": at("2027-02-25T23:00:00Z")}}),
    ("TIM-03", "IF", "outside the daily slots", {"ctx": {"now_utc": at("2027-02-25T22:59:59Z")}}),
    ("TIM-02", "IF", "", {"why": "the event's last second", "doc": GATHERING,
                          "ctx": {"now_utc": at("2026-11-27T19:03:00Z")}}),
    ("TIM-02", "IF", "not inside the event concert",
     {"doc": GATHERING, "ctx": {"now_utc": at("2026-11-27T19:03:01Z")}}),
    ("TIM-03", "PL", "no time zone", {"ctx": {"now_utc": datetime(2026, 11, 27, 20, 0)}}),
    ("TIM-03", "PF", "", {"why": "the clock is 2 s off", "ready": {"clock_off_s": -2.0}}),
    ("TIM-03", "PF", "clock is 2.1 s off", {"ready": {"clock_off_s": 2.1}}),
    ("TIM-03", "PF", "clock is -2.1 s off", {"ready": {"clock_off_s": -2.1}}),
    ("TIM-03", "PF", "clock is nan s off", {"ready": {"clock_off_s": float("nan")}}),
    ("TIM-03", "PF", "unknown whether the drones' clocks", {"ready": {"clock_off_s": None}}),
    ("TIM-03", "PF", "unknown whether the drones' clocks", {"ready": None}),
    ("TIM-03", "PF", "behind the last entry of the journal", {"book": {"is_behind": True}}),
    *[("TIM-03", "PF", "unknown whether the clock was set back", {"book": book})
      for book in ({"is_behind": None}, None)],
    ("TIM-03", "PF", "", {"why": "simulated clocks", "ready": None, "ctx": {"simulated": True}}),
    ("TIM-03", "PL", "", {"why": "clocks are read in pre-flight", "ready": None}),
]  # fmt: skip


def test_rule(check, case):
    check(case)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [("2026-11-30", 3, "2027-02-28"), ("2027-11-30", 3, "2028-02-29"), ("2026-01-31", 1, "2026-02-28"),
     ("2026-10-31", 3, "2027-01-31"), ("2026-12-15", 12, "2027-12-15"), ("2026-09-30", 3, "2026-12-30")],
)  # fmt: skip
def test_tim_01_counts_calendar_months(day, months, later):
    assert months_later(at(f"{day}T06:00:00+00:00"), months) == at(f"{later}T06:00:00+00:00")


def test_tim_03_names_the_longest_flight_of_several(question):
    from blindspot.law.judgement import judge

    def two(route):
        longer = route.expected.model_copy(update={"flight_time_s": 200.0})
        return [route.model_copy(update={"drone": "late", "expected": longer}), route]

    ctx = question(route=two, ctx={"now_utc": datetime(2026, 11, 27, 22, tzinfo=UTC) - timedelta(seconds=199)})
    [applied] = judge(ctx, ["PL"], only=["TIM-03"]).applied
    assert "late would land 1 s after" in applied.ruling.evidence and "1 s earlier" in applied.ruling.remedy


def test_tim_02_counts_the_longest_flight_of_several(question):
    from blindspot.law.judgement import judge

    def two(route):
        longer = route.expected.model_copy(update={"flight_time_s": 181.0})
        return [route, route.model_copy(update={"drone": "late", "expected": longer})]

    assert judge(question(doc=GATHERING), ["PL"], only=["TIM-02"]).go
    assert not judge(question(doc=GATHERING, route=two), ["PL"], only=["TIM-02"]).go


AT_NIGHT = {"window.daily_slots": [{"days": ["SUN"], "start": "01:00", "end": "02:30"}],
            "window.not_before": "2026-10-01T00:00:00+02:00"}  # fmt: skip
FROM_TWO = AT_NIGHT | {"window.daily_slots": [{"days": ["SUN"], "start": "02:30", "end": "04:00"}]}
SPRING = {"window.not_before": "2027-03-01T00:00:00+01:00", "window.not_after": "2027-05-01T00:00:00+02:00"}


@pytest.mark.parametrize(
    ("doc", "moment", "ok"),
    [
        (AT_NIGHT, "2026-10-25T00:29:59+00:00", True), (AT_NIGHT, "2026-10-25T00:30:00+00:00", False),
        (AT_NIGHT, "2026-10-25T01:10:00+00:00", False), (FROM_TWO, "2026-10-25T00:40:00+00:00", False),
        (FROM_TWO, "2026-10-25T01:10:00+00:00", False), (FROM_TWO, "2026-10-25T01:30:00+00:00", True),
        (AT_NIGHT | SPRING, "2027-03-28T00:15:00+00:00", True), (AT_NIGHT | SPRING, "2027-03-28T01:10:00+00:00", False),
        (FROM_TWO | SPRING, "2027-03-28T01:10:00+00:00", False), (FROM_TWO | SPRING, "2027-03-28T01:30:00+00:00", True),
    ],
)  # fmt: skip
def test_tim_03_a_slot_s_end_that_exists_twice_or_never_is_the_earlier_one_and_its_start_the_later(
    ruling, doc, moment, ok
):
    found = ruling("TIM-03", "IF", {"doc": doc, "ctx": {"now_utc": at(moment)}})
    assert found.ok == ok, found
