"""Erasure of a run by any caller: the entry comes first, and a run that must stay keeps every file."""

import shutil
from datetime import UTC, datetime

import pytest
from test.unit.acts.conftest import FIRST, SECOND, SIM, entries, left

from blindspot.acts.run_folders import find_run
from blindspot.acts.run_purge import older_runs, purge_run, why_not_purged
from blindspot.core.errors import InputError
from blindspot.evidence.acts import Actor

WHO = Actor("A. Person", "retention is over")


def test_a_purge_says_how_much_it_deleted_and_enters_that_before(out, stack):
    run = find_run(FIRST, out)
    size = sum(file.stat().st_size for file in run.files())
    purged = purge_run(run, out, WHO)
    assert (purged.run, purged.files, purged.bytes, purged.in_journal) == (run.name, 4, size, True)
    assert not (stack / FIRST).exists()
    entry = entries(stack)[-1]
    assert entry["act"] == "purge" and entry["facts"].items() >= {"run": FIRST, "files": 4, "bytes": size}.items()


def test_the_keys_of_sealed_parts_go_before_the_first_part(out, stack, monkeypatch):
    recording = stack / FIRST / "recording"
    recording.mkdir(exist_ok=True)
    for name in ("drone1-1.mcap.sealed", "drone1-1.mcap.sealed.keys", "drone2-1.mcap.sealed.keys"):
        (recording / name).touch()

    def power_cut(folder, **_):
        raise OSError(5, "the power failed", str(folder))

    monkeypatch.setattr(shutil, "rmtree", power_cut)
    with pytest.raises(InputError, match="the power failed"):
        purge_run(find_run(FIRST, out), out, WHO)
    assert [path.name for path in recording.glob("*.sealed*")] == ["drone1-1.mcap.sealed"]


def test_a_purge_without_an_entry_deletes_nothing(out, stack):
    with (stack / "journal.jsonl").open("a") as file:
        file.write("damaged\n")
    before = left(out)
    with pytest.raises(InputError, match="stays unchanged"):
        purge_run(find_run(FIRST, out), out, WHO)
    assert left(out) == before


def test_a_stack_that_starts_between_the_question_and_the_answer_keeps_its_runs(out, stack, alive):
    run = find_run(FIRST, out)
    assert why_not_purged(run, out) is None
    alive(stack)
    before = left(out)
    with pytest.raises(InputError, match="still runs"):
        purge_run(run, out, WHO)
    assert left(out) == before


def test_a_link_out_of_the_folder_of_runs_is_not_followed(out, tmp_path, make_run):
    (out / "20261126T000000Z-link").symlink_to(make_run(tmp_path / "elsewhere"))
    problem = why_not_purged(find_run("20261126T000000Z-link", out), out)
    assert problem is not None and "leads outside of" in str(problem)


def test_runs_older_than_a_moment_are_those_that_began_before_it(out, stack, alive):
    def names(before):
        runs, stay = older_runs(out, before)
        return [run.folder.name for run in runs], {run.folder.name: why for run, why in stay.items()}

    assert names(datetime(2026, 11, 28, 1, 30, tzinfo=UTC)) == ([FIRST, SIM], {})
    alive(stack)
    runs, stay = names(datetime(2027, 1, 1, tzinfo=UTC))
    assert runs == [SIM]
    assert stay == dict.fromkeys((SECOND, FIRST), "belongs to a stack that still runs")
