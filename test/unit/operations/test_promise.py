"""The revisit promise of an evening, by the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from blindspot.operations.promise import breaches, flown_variant, is_kept, seen_in_run
from blindspot.operations.states import OccurrenceRow, PassRow

BEGIN = datetime(2026, 11, 2, 18, tzinfo=UTC)
LIBRARY = SimpleNamespace(
    revisit_s=1800.0, variants=[SimpleNamespace(id="v01"), SimpleNamespace(id="v02")],
    gap_s=np.array([[100.0, 300.0], [500.0, 100.0]]), promised=np.array([True] * 90 + [False] * 10),
    promised_share=0.9, reachable_m2=400.0, masks=SimpleNamespace(grid=SimpleNamespace(cell_area_m2=4.0)),
)  # fmt: skip


def evening(*flown: tuple[str, float, str]) -> OccurrenceRow:
    """Passes (variant, minutes from the begin, state)."""
    passes = tuple(
        PassRow(
            "o", number, BEGIN, variant, state, "wind" if state != "done" else "",
            took_off=BEGIN + timedelta(minutes=minutes),
        )
        for number, (variant, minutes, state) in enumerate(flown, 1)
    )  # fmt: skip
    return OccurrenceRow("o", BEGIN, BEGIN, len(passes), "done", passes=passes)


def all_seen(_: PassRow) -> np.ndarray:
    return np.ones((10, 10), bool)


def test_an_evening_in_time_keeps_its_promise():
    assert breaches(evening(("v01", 0, "done"), ("v02", 24, "done"), ("v01", 44, "done")), LIBRARY, all_seen) == ()


def test_the_slack_is_not_part_of_the_promise():
    """An order is no take-off: a flight may begin up to a minute later than its order."""
    [breach] = breaches(evening(("v01", 0, "done"), ("v02", 24.5, "done")), LIBRARY, all_seen)
    assert breach.late_s == pytest.approx(30.0)
    assert str(breach) == (
        "pass 2: its flight was ordered 24.5 min after that of pass 1, so some place may have been seen up to 0.5 min "
        "too late"
    )


def test_a_late_pass_says_how_late_a_place_may_have_been_seen():
    [breach] = breaches(evening(("v01", 0, "done"), ("v02", 26, "done")), LIBRARY, all_seen)
    assert (breach.number, breach.late_s) == (2, pytest.approx(120.0))
    assert breach.reason == "its flight was ordered 26.0 min after that of pass 1"


def test_a_missed_pass_breaks_the_promise_and_so_does_the_gap_that_it_leaves():
    found = breaches(evening(("v01", 0, "done"), ("v02", 20, "missed"), ("v01", 40, "done")), LIBRARY, all_seen)
    assert [(breach.number, breach.reason) for breach in found] == [
        (2, "missed: wind"), (3, "its flight was ordered 40.0 min after that of pass 1"),
    ]  # fmt: skip


def test_an_evening_that_did_not_take_place_is_one_breach():
    skipped = replace(evening(), state="skipped", reason="a concert")
    assert [breach.reason for breach in breaches(skipped, LIBRARY, all_seen)] == ["the evening was skipped: a concert"]


def test_ground_that_a_pass_did_not_see_is_a_breach_and_the_evening_is_kept_while_the_share_is():
    def all_but_three(row: PassRow) -> np.ndarray:
        seen = np.ones((10, 10), bool)
        seen.flat[[3, 4, 95]] = row.number != 2  # the third cell is not promised
        return seen

    found = breaches(evening(("v01", 0, "done"), ("v02", 24, "done")), LIBRARY, all_but_three)
    assert [(one.number, one.missed_m2, str(one)) for one in found] == [
        (2, 8.0, "pass 2: 8 m2 of the promised ground were not seen")
    ]
    assert is_kept(found, LIBRARY, share=0.88)
    assert not is_kept(found, LIBRARY, share=0.89)


def test_a_pass_of_which_nobody_knows_the_ground_keeps_nothing(tmp_path):
    gone = breaches(evening(("v01", 0, "done")), LIBRARY, lambda _: None)
    other = breaches(evening(("v01", 0, "done")), LIBRARY, lambda _: np.ones(99, bool))
    assert [str(one) for one in gone] == [str(one) for one in other] == ["pass 1: nobody knows which ground it saw"]
    assert not is_kept(gone, LIBRARY, share=0.1)


def test_the_ground_of_a_pass_is_read_from_its_run(tmp_path):
    [row] = evening(("v01", 0, "done")).passes
    row = replace(row, runs=str(tmp_path), run="one")
    assert seen_in_run(row) is None
    (tmp_path / "one").mkdir()
    np.savez(tmp_path / "one" / "seen.npz", last_seen_s=np.array([[np.nan, 5.0]]))
    assert seen_in_run(row).tolist() == [[False, True]]
    (tmp_path / "one" / "seen.npz").write_bytes(b"PK broken")
    assert seen_in_run(row) is None


def test_a_pass_that_flew_a_plan_of_an_earlier_library_is_judged_by_no_other_plan(plan, tmp_path):
    """A library that is made anew after a change of the site uses the same names: its times are of other plans."""
    two = replace(evening(("v01", 0, "done"), ("v02", 24.5, "done")), passes=tuple(
        replace(row, runs=str(tmp_path), run=f"run{row.number}")
        for row in evening(("v01", 0, "done"), ("v02", 24.5, "done")).passes
    ))  # fmt: skip
    now = [SimpleNamespace(id=name, plan=SimpleNamespace(sha256=plan.sha256)) for name in ("v01", "v02")]
    library = SimpleNamespace(**vars(LIBRARY) | {"variants": now})
    lost = "its plan is not in the folder of its run any more"
    assert [(one.late_s, one.reason) for one in breaches(two, library, all_seen)] == [(None, lost), (None, lost)]
    assert flown_variant(two.passes[0], library) is None, "the name says nothing about the plan"
    for row in two.passes:
        (tmp_path / row.run).mkdir()
        (tmp_path / row.run / "plan.json").write_text(plan.to_json())
    [late] = breaches(two, library, all_seen)
    assert late.late_s == pytest.approx(30.0)
    now[1].plan.sha256 = "0" * 64
    gone = "its variant is not in the library any more"
    assert [(one.number, one.late_s, one.reason) for one in breaches(two, library, all_seen)] == [(2, None, gone)]
    assert flown_variant(two.passes[0], library) is now[0] and flown_variant(two.passes[1], library) is None
    (tmp_path / "run1" / "plan.json").write_text("{")
    assert [one.reason for one in breaches(two, library, all_seen)] == [gone, gone]


def test_a_missed_pass_keeps_no_share():
    assert not is_kept(breaches(evening(("v01", 0, "missed")), LIBRARY, all_seen), LIBRARY, share=0.1)
    assert is_kept((), LIBRARY, share=0.9)
