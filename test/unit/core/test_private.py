"""A process that holds pictures leaves files for its user alone, and no core."""

from __future__ import annotations

import fcntl
import os
import resource
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blindspot.core.private import SETTLED_S, keep_private, remove_left_memory

ABORT = "import os, pathlib; {first}; pathlib.Path('kept').write_text(''); os.abort()"
PRIVATE = "from blindspot.core.private import keep_private; keep_private()"


def aborted(folder, first: str, core_bytes: int) -> list[str]:
    """Files that a process leaves that is killed by SIGABRT, the kernel's core among them."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (core_bytes, core_bytes))

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    code = ABORT.format(first=first)
    subprocess.run([sys.executable, "-P", "-c", code], cwd=folder, env=environment, preexec_fn=limit, check=False)
    return sorted(path.name for path in folder.iterdir())


def test_a_private_process_leaves_no_core(tmp_path):
    highest = resource.getrlimit(resource.RLIMIT_CORE)[1]
    control = tmp_path / "control"
    control.mkdir()
    if len(aborted(control, "pass", highest)) < 2:
        pytest.skip("NOT TESTED: no process leaves a core file here")
    own = tmp_path / "own"
    own.mkdir()
    assert aborted(own, PRIVATE, highest) == ["kept"]
    assert stat.S_IMODE((own / "kept").stat().st_mode) == 0o600


def test_where_cores_are_forbidden_they_stay_so(tmp_path):
    assert aborted(tmp_path, PRIVATE, 0) == ["kept"]


def test_the_limit_is_also_the_kernels_sign_that_no_crash_handler_gets_the_memory(monkeypatch):
    """core(5): a handler that is a program is given the core whatever the limit, but at a limit of 1 byte."""
    reported: list[object] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *of: reported.append(of))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (0, resource.RLIM_INFINITY))
    monkeypatch.setattr(os, "umask", lambda _: 0)
    keep_private()
    assert reported == [(resource.RLIMIT_CORE, (1, 1))]


@pytest.fixture
def left(tmp_path):
    """Makes a segment of Fast DDS with its lock file, of an age; returns the lock file."""

    def make(name: str, age_s: float = 2 * SETTLED_S) -> Path:
        lock = tmp_path / f"{name}_el"
        for path in (tmp_path / name, lock):
            path.write_bytes(b"a picture")
            os.utime(path, (time.time() - age_s,) * 2)
        return lock

    return make


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_shared_memory_of_a_dead_process_is_removed(tmp_path, left):
    left("fastrtps_0123456789abcdef")
    left("fastdds_fedcba9876543210")
    remove_left_memory(tmp_path)
    assert names(tmp_path) == []


def test_the_shared_memory_of_a_living_process_stays(tmp_path, left):
    with left("fastrtps_0123456789abcdef").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        remove_left_memory(tmp_path)
        assert len(names(tmp_path)) == 2
    remove_left_memory(tmp_path)
    assert names(tmp_path) == []


def test_a_segment_that_may_just_be_made_stays(tmp_path, left):
    left("fastrtps_0123456789abcdef", age_s=SETTLED_S - 10.0)
    remove_left_memory(tmp_path)
    assert len(names(tmp_path)) == 2


def test_memory_of_other_names_and_of_other_users_stays(tmp_path, left, monkeypatch):
    for name in ("fastrtps_port7410", "fastrtps_0123456789abcdef0", "other_0123456789abcdef"):
        left(name)
    link = tmp_path / "fastrtps_0123456789abcdef_el"
    link.symlink_to(tmp_path / "other_0123456789abcdef")
    os.utime(link, (time.time() - 2 * SETTLED_S,) * 2, follow_symlinks=False)
    (tmp_path / "fastrtps_0123456789abcdef").write_bytes(b"behind a link")
    remove_left_memory(tmp_path)
    assert len(names(tmp_path)) == 8
    left("fastrtps_aaaaaaaaaaaaaaaa")
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    remove_left_memory(tmp_path)
    assert len(names(tmp_path)) == 10
