from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from blindspot.core import InputError
from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.journal_check import verify_journal
from blindspot.operations.calendar import next_start
from blindspot.operations.patrols.draw import commitment, draw_evening, seed_of
from blindspot.operations.secret import Secret
from blindspot.operations.simulation.revisit import RevisitCheck
from blindspot.operations.states import OccurrenceRow, PassRow

KEY = b"sixteen bytes at least"
FROM = datetime(2026, 11, 2, 18, tzinfo=UTC)
UNTIL = FROM + timedelta(hours=1)


def test_any_draw_of_any_allowed_choices_keeps_the_promise_at_every_place(random_library):
    for seed in range(25):
        library = random_library(seed)
        for evening in range(20):
            passes = draw_evening(library, f"town/{evening}", FROM, UNTIL, 4, seed_of(KEY, f"{seed} {evening}"))
            check = RevisitCheck(40)
            views = []
            for one in passes:
                sights = library.variant(one.variant).sights
                since_s = (one.start - passes[0].start).total_seconds()
                for cell in range(40):
                    views += [(since_s + sights.first_s[cell], cell), (since_s + sights.last_s[cell], cell)]
            for number, (time_s, cell) in enumerate(sorted(views)):
                check.look(float(time_s), np.array([cell]))
                if number == len(views) // 4:
                    check.end_of_pass()
            end_s = max(time_s for time_s, _ in views)
            ages_s = check.longest_s(float(end_s))
            assert ages_s[np.isfinite(ages_s)].max() <= library.revisit_s - 59.0


def test_passes_leave_time_for_the_tour_and_the_swap(random_library):
    library = random_library(3)
    for evening in range(50):
        passes = draw_evening(library, "x", FROM, UNTIL, 3, seed_of(KEY, str(evening)))
        assert FROM <= passes[0].start <= UNTIL
        gaps_s = np.diff([one.start.timestamp() for one in passes])
        assert gaps_s.min() >= library.turn.least_s.min()


def test_every_draw_is_due_by_the_announced_moment(random_library):
    library = random_library(3)
    longest_s = max(choice.until_s for choices in library.choices for choice in choices)
    for number in range(20):
        passes = draw_evening(library, "x", FROM, UNTIL, 3, seed_of(KEY, str(number)))
        states = ["drawn"] * 3
        for coming in range(3):
            rows = [PassRow("x", one.number, FROM, "v01", state, took_off=one.start if state == "done" else None)
                    for one, state in zip(passes, states, strict=True)]  # fmt: skip
            by = next_start([OccurrenceRow("x", FROM, UNTIL, 3, "drawn", passes=tuple(rows))], longest_s)
            assert by is not None and passes[coming].start <= by
            states[coming] = "skipped" if number % 2 else "done"


def test_a_draw_is_repeated_with_its_seed_alone_and_differs_with_another(random_library):
    library = random_library(1)
    draws = [draw_evening(library, "x", FROM, UNTIL, 3, seed_of(KEY, day)) for day in ("mon", "mon", "tue")]
    assert draws[0] == draws[1] != draws[2]
    assert seed_of(KEY, "mon") != seed_of(KEY[::-1], "mon")


def test_the_journal_accepts_the_seed_of_an_evening_and_no_other(tmp_path):
    evening = SimpleNamespace(id="town/2026-11-02/evening")
    for shown, is_whole in ((evening, True), (SimpleNamespace(id="town/2026-11-03/evening"), False)):
        path, secret = tmp_path / f"{is_whole}.jsonl", Secret(None, KEY)
        journal = Journal(path, "scheduler")
        journal.write("draw", occurrence=evening.id, commitment=commitment(seed_of(KEY, evening.id)))
        journal.write("draw_revealed", occurrence=evening.id, seed=secret.reveal(shown))
        assert verify_journal(path).is_whole is is_whole


def test_first_starts_are_uniform_in_the_slot(random_library):
    library = random_library(2)
    starts = [draw_evening(library, "x", FROM, UNTIL, 1, seed_of(KEY, str(day)))[0].start for day in range(1200)]
    tens = np.bincount([int((start - FROM).total_seconds() // 600.1) for start in starts], minlength=6)
    assert tens.min() > 150
    assert tens.max() < 250


def test_a_short_key_is_refused():
    with pytest.raises(InputError, match="at least 16"):
        seed_of(b"short", "x")
