import os
import resource
import threading
from pathlib import Path

import pytest

from blindspot.core.config_file import read_mapping
from blindspot.core.errors import InputError
from blindspot.core.inputs import open_file, read_file


def test_a_file_is_read_as_a_whole(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"\0 12")
    assert read_file(path) == b"\0 12"
    assert read_file(path, most_bytes=4) == b"\0 12"


def pipe(path):
    os.mkfifo(path)


def endless(path):
    path.symlink_to("/dev/zero")


def loop(path):
    path.symlink_to(path)


@pytest.mark.parametrize("make", [pipe, endless, loop])
def test_what_never_ends_is_refused_at_once(tmp_path, make):
    path = tmp_path / "mission.yaml"
    make(path)
    for read in (open_file, read_file):
        with pytest.raises(OSError, match=r"pipe or a device|symbolic links"):
            read(path)
    with pytest.raises(InputError, match=r"mission.yaml: can't be read \((it is a pipe|Too many)"):
        read_mapping(path)


def test_a_pipe_with_a_writer_is_refused_too(tmp_path):
    path = tmp_path / "plan.json"
    pipe(path)
    writer = threading.Thread(target=path.write_text, args=["{}"])
    writer.start()
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(OSError, match="it is a pipe or a device"):
        read_file(path)
    writer.join()
    os.close(reader)


def test_a_small_file_takes_little_memory(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("{}")
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 200_000_000, before[1]))
    try:
        assert read_file(path) == b"{}"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError):
        read_file(tmp_path)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "plan.json"
    with path.open("wb") as file:
        file.truncate(10**11)
    with pytest.raises(OSError, match="larger than 2000 MB"):
        read_file(path)
    with pytest.raises(OSError, match="larger than 1e-06 MB"):
        read_file(path, most_bytes=1)
