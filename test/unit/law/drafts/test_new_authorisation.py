"""A new SIM-ONLY authorisation covers a plan inside its area at any hour, and never a real drone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from blindspot.law.clearances.clearance import judge_plan
from blindspot.law.drafts.new_authorisation import as_yaml, make_sim_only
from blindspot.law.signatures.authorisation import load_authorisation, slot_end


@pytest.fixture
def made(load, document, tmp_path, now):
    fence = load(document).area_path
    (tmp_path / fence.name).write_bytes(fence.read_bytes())
    path = tmp_path / "authorisation.yaml"
    path.write_text(as_yaml(make_sim_only(fence, now, "Europe/Paris"), None), encoding="utf-8")
    return load_authorisation(path)


@pytest.mark.parametrize("after_h", [0, 5, 12, 24 * 365 * 9, -24 * 365 * 9])
def test_it_covers_a_plan_at_any_hour_ten_years_back_and_ahead(made, good_plan, now, after_h):
    assert judge_plan(made, good_plan, now + timedelta(hours=after_h), simulated=True) == ()


def test_it_never_arms_a_real_drone(made, good_plan, now, known):
    verdicts = judge_plan(made, good_plan, now, simulated=False, **known)
    assert [verdict.rule for verdict in verdicts] == ["AUT-02", "AUT-07"]


def test_it_ends_with_its_area(made, bad_plans, now):
    assert "GEO-01" in {verdict.rule for verdict in judge_plan(made, bad_plans["GEO-01"], now, simulated=True)}


@pytest.mark.parametrize(("hour", "minute"), [(23, 58), (23, 59), (0, 0), (11, 58), (11, 59), (12, 0)])
def test_it_covers_a_flight_across_midnight(made, hour, minute):
    """Round the clock: no minute without a slot, and none whose slots end within the next hours."""
    begins = datetime(2026, 11, 6, hour, minute, 30, tzinfo=ZoneInfo("Europe/Paris"))
    end = slot_end(made.file.window, begins)
    assert end is not None and end - begins > timedelta(hours=11)


def test_each_town_has_an_id_of_its_own_although_their_files_have_one_name(load, document, tmp_path, now):
    fence = load(document).area_path
    ids = set()
    for town, text in (("one", fence.read_text()), ("two", fence.read_text().replace(".2", ".3"))):
        (tmp_path / town).mkdir()
        path = tmp_path / town / "area_of_interest.geojson"
        path.write_text(text)
        ids.add(make_sim_only(path, now, "UTC").id)
        assert make_sim_only(path, now + timedelta(days=1), "UTC").id in ids
    assert len(ids) == 2
