import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.core.outputs import from_here, inside, output_folder, writable_or_error, write_private, write_whole

UNWRITABLE = Path("/proc/self")
"""A folder in which nobody, root included, can make a file."""


def test_only_the_written_files_are_there_at_the_end(tmp_path):
    folder = tmp_path / "runs" / "a"
    with output_folder(folder) as part:
        (part / "figures.json").write_text("{}")
        assert not (folder / "figures.json").exists()
    assert [path.name for path in folder.iterdir()] == ["figures.json"]


def half_written(folder, stop):
    with output_folder(folder) as part:
        (part / "figures.json").write_text("new")
        raise stop


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_work_that_stops_leaves_nothing(tmp_path, stop):
    with pytest.raises(stop):
        half_written(tmp_path / "runs" / "a", stop)
    assert list(tmp_path.iterdir()) == []


def test_work_that_stops_leaves_the_results_of_the_day_before(tmp_path):
    (tmp_path / "figures.json").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        half_written(tmp_path, KeyboardInterrupt)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_new_content_is_on_the_disk_before_it_replaces_the_old_one(tmp_path, monkeypatch):
    path, at_sync = tmp_path / "state.json", []
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", lambda file: at_sync.append((path.read_text(), os.fstat(file).st_size)))
    write_whole(path, "new content")
    assert at_sync == [("old", len("new content"))] and path.read_text() == "new content"


def test_two_processes_that_write_a_file_at_once_leave_it_whole(tmp_path, monkeypatch):
    path, sync = tmp_path / "register.csv", os.fsync
    other = (
        "from pathlib import Path; from blindspot.core.outputs import write_whole; "
        f"write_whole(Path({str(path)!r}), 'other')"
    )

    def while_another_writes(file):
        subprocess.run([sys.executable, "-P", "-c", other], check=True)
        assert path.read_text() == "other"
        sync(file)

    monkeypatch.setattr(os, "fsync", while_another_writes)
    write_whole(path, "mine")
    assert path.read_text() == "mine" and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_can_not_be_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    for folder, reported in (
        (tmp_path / "file", "file: --out: is a file; name a folder"),
        (tmp_path / "file" / "below", r"--out: can't be made \(Not a directory\); name another"),
        (UNWRITABLE, "--out: can't be written"),
    ):
        with pytest.raises(InputError, match=reported), output_folder(folder):
            pytest.fail("began to work")


def full_disk(folder):
    with output_folder(folder) as part, writable_or_error(part / "x.json"):
        raise OSError("disk full")


def test_a_full_disk_is_reported_of_the_folder_that_was_named(tmp_path):
    with pytest.raises(InputError, match=r"/a/x\.json: --out: can't be written \(disk full\); name another$"):
        full_disk(tmp_path / "a")


def test_files_are_reported_as_seen_from_the_folder_that_one_works_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert from_here(f"{tmp_path}/a/b.yaml: x") == "a/b.yaml: x"
    assert from_here("/elsewhere/b.yaml: x") == "/elsewhere/b.yaml: x"
    assert from_here(f"see --out='{tmp_path}/a' or {tmp_path}/b") == "see --out='a' or b"
    assert from_here(f"/mnt{tmp_path}/a.yaml: x") == f"/mnt{tmp_path}/a.yaml: x", "another folder of this name"


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/b", "", ".", "..", "a\x1b[2J", "\u202ea", "x\0"])
def test_no_name_leads_out_of_its_folder(tmp_path, name):
    with pytest.raises(InputError):
        inside(tmp_path, name)


def test_a_name_of_a_file_stays_in_its_folder(tmp_path):
    assert inside(tmp_path, "Place Bouffay-1.plan") == tmp_path / "Place Bouffay-1.plan"


@pytest.fixture
def short_disk():
    """Every file of this process ends after 8 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_short_disk_leaves_neither_half_a_key_nor_half_a_file(tmp_path, short_disk):
    with pytest.raises(OSError, match="File too large"):
        write_private(tmp_path / "a.key", b"x" * 100)
    with pytest.raises(OSError, match="File too large"):
        write_whole(tmp_path / "register.csv", "x" * 100)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_names_the_folder_of_results(tmp_path, short_disk):
    with pytest.raises(InputError, match=r"runs: --out: can't be written \(File too large\)"):
        write_far_too_much(tmp_path / "runs")


def write_far_too_much(folder):
    with output_folder(folder) as part:
        (part / "figures.json").write_text("x" * 100)


def test_a_private_file_is_its_owners_alone_and_never_overwritten(tmp_path):
    write_private(tmp_path / "a.key", b"x")
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "a.key", b"y")
    assert (tmp_path / "a.key").read_bytes() == b"x"


def test_a_link_in_the_place_of_a_draft_is_not_followed(tmp_path):
    """Another user of the computer can guess the draft's name, where the folder is open to all."""
    victim, path = tmp_path / "victim", tmp_path / "state.json"
    victim.write_text("precious")
    path.with_name(f"{path.name}.{os.getpid()}.part").symlink_to(victim)
    write_whole(path, "new")
    assert victim.read_text() == "precious" and path.read_text() == "new" and not path.is_symlink()
