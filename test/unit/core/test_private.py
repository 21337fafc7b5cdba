"""A process that holds pictures leaves files for its user alone, and no core."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys

import pytest

from blindspot.core.private import keep_private

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
