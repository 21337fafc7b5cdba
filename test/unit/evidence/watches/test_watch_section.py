"""The section "Watch" of a report: bars, figures and gaps."""

from __future__ import annotations

from test.factories import plan_of, route_of, view_at

from blindspot.coverage.maps.map_figure import Figure
from blindspot.evidence.observed import Summary
from blindspot.evidence.report import contents_of, page
from blindspot.evidence.watches.watch_section import MOST_GAPS, bars_of

GAP = {"begins": 1800.0, "s": 72.0, "reason": "drone1: return: its battery; drone2 went on"}
ENTRY = {
    "watch_s": 7200.0,
    "watched_share": 0.99,
    "longest_gap_s": 72.0,
    "gaps": [GAP],
    "reliefs": 6,
    "most_looking": 1,
}


def test_the_bar_shows_each_gap_at_its_place():
    (bar,) = bars_of({"stage": ENTRY})
    assert bar.gaps == ((25.0, 1.0),)
    assert bar.rows == (("30 min 00 s", "1 min 12 s", GAP["reason"]),)
    assert bar.figures[:3] == (("Watched", "99.00 %"), ("Longest gap", "1 min 12 s"), ("Reliefs", "6"))
    assert bar.known


def test_a_short_gap_is_still_visible_and_many_gaps_are_counted():
    many = [GAP | {"begins": 10.0 * k, "s": 1.2} for k in range(MOST_GAPS + 5)]
    (bar,) = bars_of({"stage": ENTRY | {"gaps": many}})
    assert {width for _, width in bar.gaps} == {0.3}
    assert (len(bar.gaps), len(bar.rows), bar.left_out) == (MOST_GAPS + 5, MOST_GAPS, 5)


def test_unknown_figures_are_shown_as_unknown_without_a_bar():
    unknown = dict.fromkeys(ENTRY) | {"unknown": "looks.csv is missing"}
    (bar,) = bars_of({"stage": unknown})
    assert {value for _, value in bar.figures} == {"unknown"}
    assert not bar.known
    assert bar.unknown == "looks.csv is missing"


def test_a_mission_without_targets_has_no_bar():
    assert bars_of({}) == ()


def test_the_report_draws_the_bar_and_names_the_gap():
    facts = Summary.of({"outcome": "completed", "watch": {"stage": ENTRY}})
    plan = plan_of(route_of(view_at(50.0, 40.0, 80.0)))
    html = page(
        contents_of(plan, facts, "Crossroads", "", "SIM-1"), Figure("data:image/png;base64,cG5n", (), (), "20 m", 20.0)
    )
    assert '<rect class="lost" x="25.00" width="1.00" height="1"/>' in html
    assert GAP["reason"] in html
