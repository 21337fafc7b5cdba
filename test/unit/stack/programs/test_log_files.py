"""The bounded size of log files."""

from __future__ import annotations

import pytest

from blindspot.stack.programs import log_files as of
from blindspot.stack.programs.log_files import KEPT, log_files, rotate


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setattr(of, "LARGEST_BYTES", 10)
    return tmp_path / "one.log"


def test_a_log_within_its_size_and_one_that_is_missing_are_left_alone(log):
    rotate(log)
    log.write_text("short")
    rotate(log)
    assert [file.name for file in log.parent.iterdir()] == ["one.log"] and log.read_text() == "short"


def test_the_youngest_are_kept(log):
    for number in range(KEPT + 3):
        log.write_text(f"long enough {number}")
        rotate(log)
    assert log.read_text() == ""
    kept = [file.read_text().split()[-1] for file in log_files(log)[:-1]]
    assert kept == [str(number) for number in range(3, KEPT + 3)]
    assert len(list(log.parent.iterdir())) == KEPT + 1


def test_a_process_that_appends_goes_on_at_the_new_end(log):
    with log.open("ab", buffering=0) as writer:
        writer.write(b"long enough\n")
        rotate(log)
        writer.write(b"after\n")
    assert log.read_bytes() == b"after\n"
    assert [file.read_bytes() for file in log_files(log)] == [b"long enough\n", b"after\n"]


def test_where_the_disk_refuses_the_copy_nothing_is_lost(log, monkeypatch):
    def refuse(_source: object, target: object) -> None:
        open(target, "w").close()  # noqa: PTH123
        raise OSError(28, "No space left on device")

    log.write_text("long enough")
    log.with_name("one.log.1").write_text("older")
    monkeypatch.setattr(of.shutil, "copyfile", refuse)
    rotate(log)
    assert {file.name: file.read_text() for file in log.parent.iterdir()} == {
        "one.log": "long enough", "one.log.1": "older",
    }  # fmt: skip


def test_a_disk_that_becomes_read_only_during_the_copy_ends_no_stack(log, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    log.write_text("long enough")
    monkeypatch.setattr(of.shutil, "copyfile", refuse)
    monkeypatch.setattr(type(log), "unlink", refuse)
    rotate(log)
    assert log.read_text() == "long enough"
