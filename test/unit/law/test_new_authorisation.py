"""A new SIM-ONLY authorisation covers a plan inside its area at any hour, and never a real drone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from blindspot.law.authorisation import load_authorisation
from blindspot.law.clearance import judge_plan
from blindspot.law.new_authorisation import as_yaml, make_sim_only


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


def test_it_never_arms_a_real_drone(made, good_plan, now):
    assert [verdict.rule for verdict in judge_plan(made, good_plan, now, simulated=False)] == ["AUT-07"]


def test_it_ends_with_its_area(made, bad_plans, now):
    assert "GEO-01" in {verdict.rule for verdict in judge_plan(made, bad_plans["GEO-01"], now, simulated=True)}
