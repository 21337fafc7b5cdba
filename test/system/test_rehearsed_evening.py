"""The example of an evening under an act, as a reader runs it: from the keys to the public page."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from test.system.conftest import REPOSITORY, WAIT_LIMIT_S

pytestmark = [pytest.mark.slow, pytest.mark.thorough]


def test_the_evening_of_the_example_is_flown_exported_erased_verified_and_published(
    stack_domain: int, tmp_path: Path
) -> None:
    command = shlex.join([sys.executable, "-P", "-m", "blindspot.cli"])
    paths = os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY / "sim")])
    done = subprocess.run(
        [sys.executable, REPOSITORY / "examples" / "rehearsed_evening.py", tmp_path / "evening", "--kept-min", "4",
         "--command", command],
        env=os.environ | {"PYTHONPATH": paths, "ROS_DOMAIN_ID": str(stack_domain)}, stdout=subprocess.PIPE, text=True,
        timeout=2.0 * WAIT_LIMIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "BROKEN" not in done.stdout and done.stdout.count(": whole") >= 4
    [journal] = (tmp_path / "evening" / "runs").glob("*/journal.jsonl")
    acts = [json.loads(line)["act"] for line in journal.read_text().splitlines()]
    assert acts.count("recording_sealed") == acts.count("erasure_receipt") == 1
    assert {"consultation", "communication", "register_sent", "published"} <= set(acts)
