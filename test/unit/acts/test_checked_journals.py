"""The journal of a stack or of a run is found by its folder, and a cut or edited journal shows."""

import pytest
from test.unit.acts.conftest import FIRST, SIM

from blindspot.acts.checked_journals import checked_journal, journal_at, newest_journal
from blindspot.core.errors import InputError
from blindspot.evidence.acts import Actor


def test_a_journal_is_found_by_its_file_by_its_stack_and_by_a_run(out, stack):
    for where in (stack / "journal.jsonl", stack, stack / FIRST):
        assert journal_at(where) == stack / "journal.jsonl"


@pytest.mark.parametrize(("name", "problem"), [(SIM, "has no journal.jsonl"), ("nowhere", "does not exist")])
def test_a_folder_without_a_journal_is_named(out, name, problem):
    with pytest.raises(InputError, match=problem):
        journal_at(out / name)


def test_a_whole_journal_has_no_break_and_an_edited_entry_is_named(stack):
    file = stack / "journal.jsonl"
    assert checked_journal(file, Actor()).is_whole
    file.write_text(file.read_text().replace("B. Person", "C. Person"))
    check = checked_journal(file, Actor())
    assert not check.is_whole and len(check.breaks) == 1


def test_the_newest_journal_is_that_of_the_latest_stack(stack, record, tmp_path):
    with pytest.raises(InputError, match="no record of a stack here"):
        newest_journal()
    record(stack)
    assert newest_journal() == stack / "journal.jsonl"
    record(tmp_path / "empty", domain=1)
    with pytest.raises(InputError, match="has no entry yet"):
        newest_journal()
