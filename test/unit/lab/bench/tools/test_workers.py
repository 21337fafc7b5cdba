"""The processes of a benchmark."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from blindspot_lab.bench.tools.workers import fresh_processes

BUSY = """
import os, time
from blindspot_lab.bench.tools.workers import fresh_processes
if __name__ == "__main__":
    with fresh_processes(1) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 600).result()
"""


def test_work_is_done_in_another_process():
    with fresh_processes(1) as pool:
        assert pool.submit(sum, (1, 2)).result() == 3


def test_they_end_with_a_benchmark_that_is_killed(tmp_path):
    script = tmp_path / "busy.py"
    script.write_text(BUSY, encoding="utf-8")
    bench = subprocess.Popen([sys.executable, "-P", str(script)], stdout=subprocess.PIPE, text=True)
    assert bench.stdout is not None
    worker = Path("/proc", bench.stdout.readline().strip())
    assert worker.exists()
    bench.kill()
    bench.wait()
    bench.stdout.close()
    ends_s = time.monotonic() + 60.0
    while worker.exists() and time.monotonic() < ends_s:
        time.sleep(0.05)
    assert not worker.exists()
