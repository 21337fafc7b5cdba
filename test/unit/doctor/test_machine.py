"""The real machine answers, in time, and never raises."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from blindspot.doctor.machine import Machine

NOWHERE = Path("/nowhere/at/all")


@pytest.fixture
def here() -> Machine:
    return Machine()


def test_files_folders_and_missing_paths(here, tmp_path):
    (tmp_path / "file").write_bytes(b"four")
    assert (here.is_file(tmp_path / "file"), here.size(tmp_path / "file"), here.read(tmp_path / "file")) == (
        True, 4, b"four",
    )  # fmt: skip
    assert here.glob(f"{tmp_path}/f*") == (tmp_path / "file",)
    assert here.is_folder(tmp_path)
    assert here.may_use(tmp_path)
    assert here.free_bytes(tmp_path / "to" / "be" / "made") > 0
    assert (here.is_file(NOWHERE), here.is_folder(NOWHERE), here.size(NOWHERE), here.read(NOWHERE)) == (
        False, False, 0, b"",
    )  # fmt: skip
    assert (here.glob(f"{NOWHERE}/*"), here.group_of(NOWHERE), here.may_use(NOWHERE)) == ((), "", False)


def test_programs_users_clock(here):
    assert here.which("sh") is not None
    assert here.which("no-such-program") is None
    assert here.user
    assert here.utc_s() > 1.7e9
    clock = here.clock()
    assert clock is None or 0.0 <= clock.error_s < 1e6


def test_packages_of_this_environment(here):
    found = here.packages()
    assert found["pytest"].version == pytest.__version__
    assert found["pytest"].ours


def test_a_program_that_ends(here):
    ran = here.run([sys.executable, "-c", "import os; print(os.environ['WORD']); exit(3)"], 60.0, {"WORD": "said"})
    assert (ran.code, ran.out, ran.why) == (3, "said\n", "said")


def test_a_program_that_is_not_there(here):
    ran = here.run([str(NOWHERE)], 60.0)
    assert (ran.code, ran.why) == (None, f"{NOWHERE}: No such file or directory")


def test_a_program_that_hangs_is_killed_with_its_children(here, tmp_path):
    child = "import os, time; open('pid', 'w').write(str(os.getpid())); os.rename('pid', 'there'); time.sleep(600)"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(600)"
    ran = here.run(["env", "-C", str(tmp_path), sys.executable, "-c", parent], 3.0)
    assert ran.timed_out
    assert ran.why == "no answer in time"
    if not (tmp_path / "there").exists():
        pytest.skip("NOT TESTED: the machine is too slow to start the child")
    pid = int((tmp_path / "there").read_text())
    deadline_s = time.monotonic() + 60.0
    while _runs(pid):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    """One that waits to be reaped by whoever has inherited it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
