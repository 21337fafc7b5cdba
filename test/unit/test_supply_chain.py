"""Nothing that the workflow or a developer fetches can change unseen: actions by commit, packages by hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
LOCKS = [ROOT / ".ci" / "audit.lock.txt", ROOT / "docs" / "requirements.txt"]
LOCKS += sorted((ROOT / "requirements").glob("*lock*.txt"))


def steps() -> list[dict[str, object]]:
    """Every step of every job."""
    jobs = [job for path in WORKFLOWS for job in yaml.safe_load(path.read_text())["jobs"].values()]
    return [step for job in jobs for step in job["steps"]]


def commands() -> list[str]:
    return [" ".join(str(step["run"]).split()) for step in steps() if "run" in step]


def test_each_action_is_named_by_its_commit_and_its_version():
    named = [line.strip() for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]
    assert named
    for line in named:
        assert re.fullmatch(r"- uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_package_of_a_lock_has_one_version_and_hashes(lock):
    text = re.sub(r"\\\n", " ", "\n".join(re.sub(r"(^|\s)#.*", "", line) for line in lock.read_text().splitlines()))
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines
    for line in lines:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.!+]+ .*--hash=sha256:[0-9a-f]{64}", line), line[:100]


def test_each_requirement_file_has_its_lock():
    for wanted in (ROOT / "docs" / "requirements.in", ROOT / ".ci" / "audit.in"):
        lock = {"audit.in": "audit.lock.txt"}.get(wanted.name, "requirements.txt")
        names = {line for line in wanted.read_text().splitlines() if line and not line.startswith("#")}
        assert names <= set(re.findall(r"^([\w.-]+)(?:\[.*\])?==", (wanted.parent / lock).read_text(), re.M))


def test_the_workflow_installs_by_hash_reads_every_lock_for_known_faults_and_makes_the_bill_of_materials():
    installs = [command for command in commands() if "pip install" in command]
    assert installs and all("--require-hashes -r" in command for command in installs)
    [audit] = [command for command in commands() if "pip-audit" in command]
    assert set(re.findall(r"\S+\.txt", audit)) == {str(lock.relative_to(ROOT)) for lock in LOCKS}
    assert any("blindspot.setup.bom" in command for command in commands())
    kept = [step["with"]["name"] for step in steps() if "upload-artifact" in str(step.get("uses"))]
    assert "bill-of-materials" in kept
