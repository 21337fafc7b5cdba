"""The page of an operation's report."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from blindspot.operations.operation_report import page

AT = datetime(2026, 11, 30, 8, tzinfo=UTC)


def a_pass(**changes: Any) -> dict[str, Any]:
    return {
        "number": 1, "started": "2026-11-02T19:20:00+01:00", "state": "done", "person": "A. Martin", "reason": "",
        "minutes": 9.7, "energy_wh": 80.0, "private_m2s": 10.0, "flown_private_m2s": 9.0,
        "covered_before": 0.4, "covered_after": 0.9,
    } | changes  # fmt: skip


def document(**changes: Any) -> dict[str, Any]:
    evening = {
        "occurrence": "Nantes/2026-11-02/evening",
        "state": "done",
        "is_kept": True,
        "breaches": [],
        "passes": [a_pass()],
    }
    return {
        "operation": "Nantes", "simulated": False, "revisit_s": 1800.0, "promised_share": 0.964, "passes_asked": 1,
        "passes_flown": 1, "evenings_kept": 1, "evenings_broken": 0, "minutes": 9.7, "energy_wh": 80.0,
        "private_m2s": 9.0, "unmeasured": 0, "planned_private_m2s": 10.0, "evenings": [evening], "streets": [],
    } | changes  # fmt: skip


def body(shown: str) -> str:
    return shown.partition("<body>")[2]


def test_the_page_runs_no_script_and_fits_a_telephone():
    shown = page(document(), AT)
    assert "default-src 'none'" in shown
    assert 'name="viewport"' in shown
    assert "prefers-color-scheme: dark" in shown
    assert "<script" not in shown


@pytest.mark.parametrize(
    ("evenings", "words"),
    [((1, 0), "kept on 1 evening and broken on none"), ((2, 1), "kept on 2 and broken on 1 evening")],
)
def test_evenings_are_counted_in_words(evenings, words):
    kept, broken = evenings
    assert words in body(page(document(evenings_kept=kept, evenings_broken=broken), AT))


def test_simulated_is_the_first_word_of_a_simulation():
    told = body(page(document(simulated=True), AT))
    assert told.index("<strong>SIMULATED</strong>") < told.index('class="kind"')
    assert "SIMULATED" not in page(document(), AT)


def test_a_pass_that_was_not_flown_has_no_minutes_and_no_energy():
    missed = a_pass(state="missed", started=None, reason="no person confirmed it", covered_after=None)
    evening = {
        "occurrence": "Nantes/2026-11-02/evening", "state": "done", "is_kept": False,
        "breaches": [{"pass": 1, "late_s": 90.0, "reason": "missed: <no person>"}], "passes": [missed],
    }  # fmt: skip
    shown = body(page(document(evenings=[evening], passes_flown=0, evenings_kept=0, evenings_broken=1), AT))
    assert "9.7" not in shown.partition("<tbody>")[2]
    assert "pass 1: missed: &lt;no person&gt;, so some place may have been seen up to 1.5 min too late" in shown


def test_the_figures_of_a_plan_that_is_not_in_the_library_any_more_are_unknown():
    unknown = {"minutes": None, "energy_wh": None, "planned_private_m2s": None}
    evening = document()["evenings"][0] | {"passes": [a_pass(**unknown)]}
    shown = body(page(document(evenings=[evening], **unknown), AT))
    assert shown.count("<b>unknown</b>") == 3 and shown.partition("<tbody>")[2].count(">unknown<") == 2


def test_passes_without_a_flown_figure_are_counted_beside_the_sum():
    shown = body(page(document(private_m2s=26130.8, unmeasured=2), AT))
    assert "private ground in view as flown, 2 passes not measured" in shown


def test_a_share_below_the_whole_is_never_shown_as_the_whole():
    evening = document()["evenings"][0] | {"passes": [a_pass(covered_before=0.2447, covered_after=0.9996)]}
    street = {"name": "a", "blind_m2": 400.0, "seen_fraction": 0.9996, "median_age_s": 60.0, "longest_age_s": 60.0}
    shown = body(page(document(evenings=[evening], streets=[street]), AT)).replace("\u00a0", " ")
    assert "24.4 % to 99.9 %" in shown
    assert "99.9 % of this ground was seen" in shown
    assert 'data-label="Ever seen">99 %</td>' in shown
    assert "100" not in shown.partition("<h2>Ages")[2]


def test_nothing_of_the_page_is_cut_on_a_telephone(fits_telephone):
    evening = document()["evenings"][0] | {"passes": [a_pass(), a_pass(number=2, reason="the drones returned early")]}
    street = {"name": "a", "blind_m2": 4.0, "seen_fraction": 1.0, "median_age_s": 60.0, "longest_age_s": 60.0}
    fits_telephone(page(document(evenings=[evening], streets=[street]), AT))


def test_a_pass_leads_to_the_report_of_its_run(tmp_path):
    evening = document()["evenings"][0] | {"passes": [a_pass(report=str(tmp_path / "my runs/1/report.html")), a_pass()]}
    shown = page(document(evenings=[evening]), AT, folder=tmp_path / "pages")
    assert re.findall('<a href="([^"]+)"', shown) == ["../my%20runs/1/report.html"]


def test_large_areas_are_grouped_and_never_broken():
    assert "26\u202f131\u00a0m²\u00a0s" in body(page(document(private_m2s=26130.8), AT))


def test_the_ages_of_a_simulation_name_their_moment():
    street = {"name": "a", "blind_m2": 4.0, "seen_fraction": 1.0, "median_age_s": 60.0, "longest_age_s": 60.0}
    words = "at the latest view of all"
    assert words in body(page(document(simulated=True, streets=[street]), AT))
    assert words not in body(page(document(streets=[street]), AT))
