"""Images and the development container are made by the one set-up script. They are read here, not built."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGES = sorted((ROOT / "docker").glob("Dockerfile*"))


def instructions(path: Path) -> list[tuple[str, str]]:
    """(instruction, rest) of a Dockerfile, lines joined, comments out."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_an_image_is_set_up_by_the_script_and_told_what_it_is_made_from(path):
    found = instructions(path)
    assert found[0][0] == "FROM"
    assert {word for word, _ in found} <= {
        "FROM", "SHELL", "RUN", "WORKDIR", "COPY", "VOLUME", "ENTRYPOINT", "CMD",
    }  # fmt: skip
    base = dict(found)["FROM"]
    assert ":" in base and not base.endswith(":latest")
    setups = [number for number, (word, rest) in enumerate(found) if word == "RUN" and "./blindspot setup" in rest]
    copied = next(number for number, (word, _) in enumerate(found) if word == "COPY")
    assert len(setups) == 1 and setups[0] > copied
    for word, rest in found:
        if word in ("ENTRYPOINT", "CMD", "SHELL"):
            assert all(isinstance(part, str) for part in json.loads(rest)), rest
    for _, line in (pair for pair in found if pair[0] == "RUN"):
        shlex.split(line)


def test_what_git_leaves_out_an_image_leaves_out():
    """A virtual environment of another machine in an image would be taken for its own."""
    ignored = {line.strip("/*") for line in (ROOT / ".gitignore").read_text().split()}
    left_out = {line.strip("/*") for line in (ROOT / ".dockerignore").read_text().split()}
    assert ignored <= left_out


def test_the_development_container_runs_the_same_script():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["postCreateCommand"] == "./blindspot setup"
    base = dict(instructions(ROOT / "docker" / "Dockerfile"))["FROM"]
    assert base.startswith(container["image"])
