"""Readers and writers of a library's folder, in turns."""

from __future__ import annotations

from contextlib import ExitStack
from threading import Timer
from types import SimpleNamespace

import pytest

from blindspot.core import InputError
from blindspot.operations.patrols import flown_library, library_lock, load_library, replaced_library


def test_a_library_is_not_read_between_two_of_its_files(tmp_path, monkeypatch):
    """A reader met one that was "not the plan that was checked", and made all of them again."""
    monkeypatch.setattr(library_lock, "WRITTEN_S", 0.1)
    monkeypatch.setattr(library_lock, "READ_S", 0.1)
    with replaced_library(tmp_path):
        with pytest.raises(InputError, match="is being written by another process"):
            load_library(tmp_path, SimpleNamespace(path=tmp_path / "mission.yaml"))
        with pytest.raises(InputError, match="is being written by another process"), replaced_library(tmp_path):
            pytest.fail("two write it at once")


def test_a_library_that_is_only_read_is_replaced_after_that(tmp_path):
    """Minutes of planning were lost to a short look of another command."""
    reads = ExitStack()
    reads.enter_context(flown_library(tmp_path))
    end = Timer(0.3, reads.close)
    end.start()
    with replaced_library(tmp_path):
        end.join()


def test_a_library_that_stays_in_use_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(library_lock, "READ_S", 0.1)
    with (
        flown_library(tmp_path),
        pytest.raises(InputError, match="is flown by an operation that is scheduled now"),
        replaced_library(tmp_path),
    ):
        pytest.fail("it is flown")


@pytest.mark.parametrize("lock", [flown_library, replaced_library])
def test_no_other_user_of_the_computer_can_lock_a_library(open_folder, as_nobody, lock):
    """A folder that an older version made is readable for all, and a reader's lock would keep every scheduler away."""
    with lock(open_folder):
        pass
    code = "fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"
    assert as_nobody(code, open_folder).stdout.readline() == ""
    with flown_library(open_folder):
        assert open_folder.stat().st_mode & 0o777 == 0o700
