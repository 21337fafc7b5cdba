"""The check of a journal finds each kind of tampering, and says the line."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given, settings, strategies as st

from blindspot.core.errors import InputError
from blindspot.evidence.journals import journal as module, journal_check
from blindspot.evidence.journals.journal import FIRST, LONGEST, Journal, JournalError, read_entry
from blindspot.evidence.journals.journal_check import (
    MOST_SENTENCES,
    FoldedAct,
    entries_of_act,
    entries_of_run,
    verify_journal,
)


def lines_of(path, number=6, name="run"):
    journal = Journal(path, "authority")
    for each in range(number):
        journal.write("order", run=f"{name}{each}")
    return path.read_bytes().splitlines(keepends=True)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def lines(path):
    return lines_of(path)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return lines_of(tmp_path_factory.mktemp("kept") / "journal.jsonl", 12)


def check(path, lines):
    path.write_bytes(b"".join(lines))
    return verify_journal(path)


def forged(line, **changes):
    """An edited entry with a hash that fits."""
    entry = read_entry(line)
    content = {"act": entry.act, "at": entry.at.isoformat(timespec="microseconds"), "by": entry.by,
               "facts": entry.facts, "n": entry.number, "previous": entry.previous}  # fmt: skip
    return module.line_of(content | changes)[0]


def test_a_whole_journal_has_its_times_and_its_head(path, lines):
    found = verify_journal(path)
    first, last = read_entry(lines[0]), read_entry(lines[-1])
    assert (found.entries, found.first, found.last, found.head) == (6, first.at, last.at, last.sha256)
    assert found.is_whole and found.breaks == found.remarks == ()


def test_an_empty_journal_is_whole(path):
    path.touch()
    found = verify_journal(path)
    assert (found.entries, found.first, found.head, found.is_whole) == (0, None, FIRST, True)


def test_an_edit_is_found_in_its_line_alone(path, lines):
    found = check(path, [*lines[:2], lines[2].replace(b"run2", b"run9"), *lines[3:]])
    assert len(found.breaks) == 1 and found.breaks[0].startswith("line 3 was edited")
    assert found.entries == 5


def test_an_edit_with_a_new_hash_breaks_the_chain_after_it(path, lines):
    found = check(path, [*lines[:2], forged(lines[2], by="nobody"), *lines[3:]])
    assert len(found.breaks) == 1 and found.breaks[0].startswith("line 4 does not continue")


@pytest.mark.parametrize(("first", "end", "says"), [(2, 3, "entry 3 is missing"), (0, 3, "entries 1 to 3 are missing")])
def test_dropped_entries_are_numbered(path, lines, first, end, says):
    found = check(path, lines[:first] + lines[end:])
    assert len(found.breaks) == 1 and says in found.breaks[0] and f"line {first + 1}" in found.breaks[0]


def test_a_repeated_entry_is_found(path, lines):
    found = check(path, [*lines[:4], lines[1], *lines[4:]])
    assert found.breaks == ("line 5 is entry 2, after entry 4: it is repeated, moved or inserted",)


def test_swapped_entries_are_found(path, lines):
    found = check(path, [lines[0], lines[2], lines[1], *lines[3:]])
    assert [sentence.partition(" is ")[0] for sentence in found.breaks] == ["line 2", "line 3"]


@pytest.mark.parametrize("line", [b"\n", b"hello\n", b"x" * 3 * LONGEST + b"\n", b"[" * 9000 + b"\n", b"\x00\xff\n"])
@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_foreign_line_is_found_and_the_rest_is_read(path, lines, line, place):
    found = check(path, [*lines[:place], line, *lines[place:]])
    assert found.entries == 6 and len(found.breaks) == 1
    assert found.breaks[0].startswith(f"line {place + 1} is no entry")


def test_an_inserted_entry_of_another_journal_is_found(path, lines, kept):
    found = check(path, [*lines[:3], kept[3], *lines[3:]])
    assert found.breaks[0].startswith("line 4 does not continue")


def test_another_way_to_write_the_same_entry_is_found(path, lines):
    assert check(path, [lines[0].replace(b",", b", ", 1), *lines[1:]]).breaks
    assert check(path, [lines[0].replace(b'"n":1', b'"n":1,"n":1'), *lines[1:]]).breaks
    assert check(path, [forged(lines[0], at="2026-11-28T03:00:00+01:00"), *lines[1:]]).breaks


def test_a_cut_off_last_line_is_a_remark(path, lines):
    found = check(path, [*lines[:5], lines[5][:30]])
    assert found.is_whole and found.entries == 5
    assert found.remarks == ("line 6 is cut off, as after a power cut; the next entry repairs this",)


@pytest.mark.parametrize("foreign", [b"hello", b'{"order":"fly"}'])
def test_a_foreign_end_without_a_line_end_is_a_break_because_no_entry_can_follow_it(path, lines, foreign):
    found = check(path, [*lines, foreign])
    assert found.entries == 6 and found.breaks[0].startswith("line 7 is no entry")
    with pytest.raises(JournalError, match="no part of an entry"):
        Journal(path, "authority").write("order")


def test_a_long_rest_without_a_line_end_is_a_break(path, lines):
    assert check(path, [*lines, b"x" * (LONGEST + 1)]).breaks


def test_sentences_are_limited_and_counted(path, lines):
    found = check(path, [b"hello\n"] * (MOST_SENTENCES + 5) + lines)
    assert len(found.breaks) == MOST_SENTENCES + 1 and found.breaks[-1] == "and 5 more of the kind"


def test_a_rewritten_journal_is_whole_with_another_head(path, lines):
    """The chain is unsigned: the head that was noted elsewhere shows the forgery."""
    head = verify_journal(path).head
    path.unlink()
    lines_of(path, 6, "other")
    found = verify_journal(path)
    assert found.is_whole and found.head != head


def test_entries_cut_off_the_end_leave_a_whole_journal_with_another_head(path, lines):
    head = verify_journal(path).head
    found = check(path, lines[:4])
    assert found.is_whole and found.head != head


def test_a_missing_file_and_a_folder_are_a_users_mistake(path):
    for name in (path, path.parent):
        with pytest.raises(InputError, match="can't be read"):
            verify_journal(name)


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 10**9), kind=st.sampled_from(["drop", "repeat", "move", "replace", "insert", "splice"]))
def test_every_random_tampering_is_found(tmp_path_factory, kept, seed, kind):
    """Only entries cut off the end escape; the head shows these."""
    rng, lines = random.Random(seed), list(kept)
    a, b = rng.sample(range(len(lines) - 1), 2)
    if kind == "drop":
        del lines[a]
    elif kind == "repeat":
        lines.insert(b, lines[a])
    elif kind == "move":
        lines.insert(b, lines.pop(a))
    elif kind == "replace":
        lines[a] = lines[b]
    elif kind == "insert":
        lines.insert(a, forged(lines[b], facts={"run": "false"}, n=a + 1))
    else:
        flat = b"".join(lines)
        start = rng.randrange(len(flat) - 2)
        end = rng.randrange(start + 1, len(flat) - 1)
        lines = [flat[:start], flat[end:]]
    path = tmp_path_factory.mktemp("tampered") / "journal.jsonl"
    assert check(path, lines).breaks or b"".join(lines) == b"".join(kept)


def test_the_entries_of_a_run_are_those_with_its_name_or_its_plan(path):
    journal = Journal(path, "authority")
    journal.write("order", run="a")
    journal.write("clearance", run="b", plan="P2")
    journal.write("clearance", run="a", plan="P1")
    journal.write("withdrawal", plan="P1", reason="x")
    journal.write("withdrawal", plan="P2", reason="x")
    journal.write("arming", run="a", plan="P3")
    journal.write("withdrawal", plan="P3")
    with path.open("ab") as file:
        file.write(b"hello\n")
    assert [entry.number for entry in entries_of_run(path, "a")] == [1, 3, 4, 6, 7]
    assert [entry.number for entry in entries_of_run(path, "b")] == [2, 5]
    assert list(entries_of_run(path, "")) == []


def test_of_a_long_journal_only_the_entries_of_the_run_are_read_whole(path, monkeypatch):
    journal, read = Journal(path, "authority"), []
    for run in ("other", 'é "quoted"', "other", "third"):
        journal.write("clearance", run=run, plan=f"plan of {run}", reason='"run":"é \\"quoted\\""')
    journal.write("withdrawal", plan='plan of é "quoted"')
    lines = path.read_bytes().splitlines(keepends=True)
    real = journal_check.read_entry
    monkeypatch.setattr(journal_check, "read_entry", lambda line: read.append(line) or real(line))
    assert [entry.line for entry in entries_of_run(path, 'é "quoted"')] == [lines[1], lines[4]]
    assert read == [lines[1], lines[4]]


def draws(path, *entries):
    """A journal of a scheduler's draws: (act, fact, value) of one evening each."""
    journal = Journal(path, "scheduler")
    for act, fact, value in entries:
        journal.write(act, occurrence="town/2026-11-02/evening", **{fact: value})
    return verify_journal(path)


SEED = b"seed".hex()
COMMITTED = ("draw", "commitment", hashlib.sha256(b"seed").hexdigest())
REVEALED = ("draw_revealed", "seed", SEED)


def test_a_revealed_seed_fits_its_commitment_also_if_a_restart_repeats_both(path):
    assert draws(path, COMMITTED, COMMITTED, ("pass", "number", 1), REVEALED, REVEALED).is_whole


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ((COMMITTED, ("draw_revealed", "seed", b"another".hex())),
         "line 2: the seed of town/2026-11-02/evening is another than the one that line 1 commits to"),
        ((COMMITTED, ("draw_revealed", "seed", "no hex")), "line 2: the seed of town/2026-11-02/evening is another"),
        ((COMMITTED, ("draw_revealed", "broken", "no seed")), "line 2: the seed of town/2026-11-02/evening is another"),
        ((REVEALED,), "line 1: the seed of town/2026-11-02/evening has no commitment before it"),
        ((COMMITTED, ("draw", "commitment", "0" * 64)),
         "line 2: the commitment of town/2026-11-02/evening is another than that of line 1"),
        ((("pass", "number", 1), COMMITTED, REVEALED),
         "line 2: town/2026-11-02/evening is drawn after its first pass, line 1"),
    ],
)  # fmt: skip
def test_a_seed_that_was_not_committed_to_is_a_break(path, entries, sentence):
    [found] = draws(path, *entries).breaks
    assert found.startswith(sentence)


def test_a_pass_without_a_draw_is_a_remark_once(path):
    check = draws(path, ("pass", "number", 1), ("pass", "number", 2))
    assert check.is_whole
    assert check.remarks == (
        "line 1: the first pass of town/2026-11-02/evening has no draw before it in this journal",
    )  # fmt: skip


def test_a_pass_after_its_draw_needs_no_remark(path):
    assert draws(path, COMMITTED, ("pass", "number", 1), ("pass", "number", 2)).remarks == ()


def test_only_the_entries_of_the_act_are_read_whole_and_each_other_one_keeps_its_place(path, monkeypatch):
    journal, read = Journal(path, "authority"), []
    for act in ("order", "mission", 'a "quoted" act', "orders", "order"):
        journal.write(act, text='{"act":"order",')
    lines = path.read_bytes().splitlines(keepends=True)
    real = journal_check.read_entry
    monkeypatch.setattr(journal_check, "read_entry", lambda line: read.append(line) or real(line))
    assert [entry.line for entry in entries_of_act(path, "order")] == [lines[0], lines[4]]
    assert sorted(read) == sorted([lines[0], lines[2], lines[4]])
    edited = lines[1].replace(b"mission", b"journey")
    for damaged in ([lines[0], edited, *lines[2:]], [lines[0], *lines[2:]], [lines[0], lines[1], lines[1], *lines[2:]]):
        path.write_bytes(b"".join(damaged))
        with pytest.raises(InputError, match=r"line [23].*no valid entry"):
            list(entries_of_act(path, "order"))


def test_the_entries_of_an_act_are_read_from_a_whole_chain_alone(path, lines):
    """A line that is damaged, missing or cut off may have been one of them."""
    assert [entry.line for entry in entries_of_act(path, "order")] == lines and not list(entries_of_act(path, "x"))
    assert list(entries_of_act(path.with_name("none"), "x")) == []
    for damaged in (
        [*lines[:2], b"x" + lines[2][1:], *lines[3:]],
        [lines[0], *lines[2:]],
        lines[1:],
        [*lines[:-1], lines[-1][:-9]],
        [*lines, b"\0\0\0\n"],
        [lines[1], lines[0], *lines[2:]],
    ):
        path.write_bytes(b"".join(damaged))
        with pytest.raises(InputError, match="no valid entry"):
            list(entries_of_act(path, "watched"))


@pytest.mark.parametrize("is_longer", [True, False])
def test_lines_that_were_read_before_are_read_again_only_after_a_change(path, lines, monkeypatch, is_longer):
    """A gate reads the journal of years at each clearance, while drones in the air wait for their leases."""
    assert verify_journal(path).is_whole and len(list(entries_of_act(path, "order"))) == len(lines)
    parsed, real = [], journal_check.read_entry
    monkeypatch.setattr(journal_check, "read_entry", lambda line: parsed.append(line) or real(line))
    Journal(path, "authority").write("landing")
    assert verify_journal(path).entries == len(lines) + 1
    [landed] = entries_of_act(path, "landing")
    assert parsed == [landed.line, landed.line], "once for the chain, once for the act"
    edited = lines[2].replace(b"run2", b"run0" if not is_longer else b"run22")
    path.write_bytes(path.read_bytes().replace(lines[2], edited))
    assert verify_journal(path).breaks[0].startswith("line 3 was edited")
    with pytest.raises(InputError, match="line 3: is no valid entry"):
        list(entries_of_act(path, "landing"))


def test_a_folded_act_takes_each_entry_once(path, lines, monkeypatch):
    """The weekly counters of a year took 8 s at each look, and two looks a clearance stop the leases in the air."""
    runs = FoldedAct(path, "order", list, lambda state, facts: state.append(facts["run"]))
    parsed, real = [], journal_check.read_entry
    monkeypatch.setattr(journal_check, "read_entry", lambda line: parsed.append(line) or real(line))
    assert runs.read() == runs.read() == [f"run{each}" for each in range(6)] and parsed == lines
    journal = Journal(path, "authority")
    journal.write("landing", run="x")
    journal.write("order", run="run6")
    assert runs.read()[6:] == ["run6"] and len(parsed) == 7


def test_a_folded_act_begins_anew_after_a_change_and_ends_with_its_file(path, lines):
    runs = FoldedAct(path, "order", list, lambda state, facts: state.append(facts["run"]))
    assert len(runs.read()) == 6
    path.write_bytes(b"".join(lines[:4]))
    assert len(runs.read()) == 4, "four of the same lines"
    path.write_bytes(b"".join([*lines[:2], *lines[3:]]))
    with pytest.raises(InputError, match="line 3: is no valid entry"):
        runs.read()
    path.unlink()
    assert runs.read() == []


def test_an_entry_that_a_fold_refuses_is_refused_again(path, lines):
    """It is not left out: a gate that can't read an entry clears nothing."""

    def take(state, facts):
        if facts["run"] == "run3":
            raise InputError("journal", "order", "has another form", "")
        state.append(facts["run"])

    runs = FoldedAct(path, "order", list, take)
    for _ in range(2):
        with pytest.raises(InputError, match="another form"):
            runs.read()


def test_a_cut_off_line_is_read_again_when_it_is_whole(path, lines):
    path.write_bytes(b"".join(lines)[:-9])
    assert "cut off" in verify_journal(path).remarks[0]
    with pytest.raises(InputError, match="cut off"):
        list(entries_of_act(path, "order"))
    path.write_bytes(b"".join(lines))
    assert verify_journal(path).remarks == () and len(list(entries_of_act(path, "order"))) == len(lines)


def looks(path, *entries):
    """The check of a journal of a watch: (act, facts) of one run each."""
    journal = Journal(path, "authority")
    for act, facts in entries:
        journal.write(act, **{"run": "w"} | facts)
    return verify_journal(path)


CLEARED = ("clearance", {"drones": ["drone1"], "granted": True})
RELEASED = ("sensor_release", {"drone": "drone1"})
GIVEN = ("look", {"drone": "drone1", "may_look": True, "looking": ["drone1"], "most": 1})
TAKEN = ("look", {"drone": "drone1", "may_look": False, "looking": [], "most": 1})


def test_a_hand_over_with_an_entry_before_each_change_is_whole(path):
    other = ("look", {"drone": "drone2", "may_look": True, "looking": ["drone2"], "most": 1})
    back = (GIVEN, RELEASED, TAKEN, other)
    assert looks(path, RELEASED, CLEARED, *back, GIVEN, RELEASED).is_whole, "the first release is of an earlier flight"


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ((CLEARED, RELEASED, GIVEN),
         "line 2: the sensor of drone1 is released before its first right to look, line 3"),
        ((("look", GIVEN[1] | {"looking": ["drone1", "drone2"]}),),
         "line 1: 2 drones may look, and the authorisation permits 1"),
        ((("look", GIVEN[1] | {"looking": ["drone2"]}),),
         "line 1: the entry of the right to look of drone1 contradicts its list of drones"),
        ((("look", TAKEN[1] | {"looking": ["drone1"]}),),
         "line 1: the entry of the right to look of drone1 contradicts its list of drones"),
        ((("look", {"drone": "drone1", "may_look": True}),),
         "line 1: the entry of the right to look of drone1 lacks a fact"),
    ],
)  # fmt: skip
def test_a_right_to_look_above_the_number_or_entered_too_late_is_a_break(path, entries, sentence):
    assert looks(path, *entries).breaks == (sentence,)
