"""The weekly counters: a fold over entries that counts each plan once, and never too little."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from blindspot.core.config_file import read_yaml
from blindspot.core.errors import InputError
from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.journal_check import entries_of_act
from blindspot.law.clearances.counters import PER_ENTRY, WATCHED, Counters, facts_of, on_s, together, watched, week_of
from blindspot.law.files.authorisation_file import Window
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.plan import Aim, Leg, Point

MODEL = Path(__file__).parents[4] / "config" / "drones" / "reference.yaml"
MODELS = {"reference": read_yaml(MODEL, DroneModel)}


DAY = date(2026, 11, 6)


def facts(plan, clearance="a1", week="2026-W45", day=DAY):
    return list(facts_of(watched(plan, MODELS), week, day, clearance, "run", plan.sha256))


def fold(entries):
    counters = Counters()
    for each in entries:
        counters.add(each)
    return counters


def test_a_view_counts_the_places_in_its_picture(good_plan):
    """From 60 m at -60 deg the picture is about 45 m wide and 30 m high: some 20 to 60 places of 10 m."""
    [watch] = watched(good_plan, MODELS).values()
    assert 20 <= len(watch.seen) <= 60
    assert set(watch.seen.values()) == {5.0} and watch.on_s == 5.0


def test_a_leg_counts_with_its_whole_time(good_plan):
    [route] = good_plan.routes
    end = Point(east_m=20.0, north_m=80.0, up_m=60.0)
    leg = Leg(id="leg", to=end, aim=Aim(heading_deg=90.0, pitch_deg=-90.0), speed_mps=4.0)
    plan = good_plan.with_routes([route.model_copy(update={"steps": (*route.steps, leg)})])
    [watch] = watched(plan, MODELS).values()
    assert watch.on_s == on_s(plan.routes[0]) == 25.0
    assert max(watch.seen.values()) == 25.0 and min(watch.seen.values()) == 5.0


def test_a_picture_of_the_horizon_counts_all_around(good_plan):
    [route] = good_plan.routes
    flat = route.steps[0].model_copy(update={"aim": Aim(heading_deg=0.0, pitch_deg=-1.0)})
    plan = good_plan.with_routes([route.model_copy(update={"steps": (flat,)})])
    assert len(together(watched(plan, MODELS))) > 7_000
    assert len(facts(plan)) > 10 and all(len(each["places"]) <= PER_ENTRY for each in facts(plan))
    counted = fold(facts(plan))
    assert len(counted.place_s) == len(together(watched(plan, MODELS)))
    assert counted.on_s(DAY) == 5.0, "once, however many entries"


def test_the_sum_grows_by_each_clearance_and_counts_each_entry_once(good_plan):
    """One run and plan: another clearance counts again, and so does another week."""
    planned = together(watched(good_plan, MODELS))
    once, twice = fold(facts(good_plan)), fold([*facts(good_plan), *facts(good_plan, "later")])
    again = fold([*facts(good_plan), *facts(good_plan)])
    assert once.longest_s("2026-W45", planned) == again.longest_s("2026-W45", planned) == 10.0
    assert twice.longest_s("2026-W45", planned) == 15.0
    assert twice.longest_s("2026-W46", planned) == 5.0, "another week begins empty"
    weeks = fold([*facts(good_plan), *facts(good_plan, week="2026-W46")])
    assert weeks.longest_s("2026-W45", planned) == weeks.longest_s("2026-W46", planned) == 10.0
    assert weeks.has("a1", "2026-W46") and not weeks.has("a1", "2026-W47") and not weeks.has("b2", "2026-W46")
    assert twice.longest_s("2026-W45", {(0, 0): 5.0}) == 5.0, "another place"
    assert twice.longest_s("2026-W45", {}) == 0.0


def test_the_counters_survive_in_the_journal_and_two_readers_agree(good_plan, tmp_path):
    path = tmp_path / "journal.jsonl"
    assert fold(entry.facts for entry in entries_of_act(path, WATCHED)).place_s == {}
    journal = Journal(path, "authority")
    journal.write("clearance", plan="x")
    for each in facts(good_plan):
        journal.write(WATCHED, **each)
    one, other = (fold(entry.facts for entry in entries_of_act(path, WATCHED)) for _ in range(2))
    assert one.place_s == other.place_s == fold(facts(good_plan)).place_s
    path.write_bytes(path.read_bytes().replace(b":5.0", b":4.0"))
    with pytest.raises(InputError, match="no valid entry"):
        fold(entry.facts for entry in entries_of_act(path, WATCHED))


@pytest.mark.parametrize(
    "change",
    [{"places": ["1,2"]}, {"places": "1,2:3"}, {"places": ["1,2:-3"]}, {"places": ["1,2:nan"]}, {"sensor_s": -1.0},
     {"day": "Friday"}, {"day": None},
     {"places": None}, {"places": ["1:2"]}],
)  # fmt: skip
def test_an_entry_of_another_form_refuses(good_plan, change):
    [first, *_] = facts(good_plan)
    with pytest.raises(InputError, match="no entry of this act"):
        fold([first | change])


def test_the_sensor_time_of_a_day_is_over_all_clearances_of_that_day_but_one_s_own(good_plan):
    counted = fold([*facts(good_plan), *facts(good_plan, "b"), *facts(good_plan, "c", day=DAY + timedelta(days=1))])
    assert counted.on_s(DAY) == 10.0 and counted.on_s(DAY, without="b") == 5.0
    assert counted.on_s(DAY + timedelta(days=1)) == 5.0 and counted.on_s(DAY - timedelta(days=1)) == 0.0


def test_a_week_begins_on_monday_in_the_authorisation_s_zone(document):
    window = Window.model_validate(document["window"])
    assert week_of(datetime(2026, 11, 8, 22, 59, tzinfo=UTC), window) == "2026-W45"
    assert week_of(datetime(2026, 11, 8, 23, 0, tzinfo=UTC), window) == "2026-W46"
    assert week_of(datetime(2027, 1, 1, 12, tzinfo=UTC), window) == "2026-W53"
