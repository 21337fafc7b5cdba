"""Images and the development container are made by the one set-up script. They are read here, not built."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from blindspot.setup.layout import Distribution, Layout
from blindspot.setup.machine import needed_packages

ROOT = Path(__file__).parents[2]
IMAGES = sorted((ROOT / "docker").glob("Dockerfile*"))


def instructions(path: Path) -> list[tuple[str, str]]:
    """(instruction, rest) of a Dockerfile, lines joined, comments out."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_an_image_is_set_up_by_the_script_and_names_its_source(path):
    found = instructions(path)
    assert found[0][0] == "FROM"
    assert {word for word, _ in found} <= {
        "FROM", "SHELL", "RUN", "USER", "WORKDIR", "COPY", "ENV", "VOLUME", "ENTRYPOINT", "CMD",
    }  # fmt: skip
    setups = [number for number, (word, rest) in enumerate(found) if word == "RUN" and "./blindspot setup" in rest]
    copied = next(number for number, (word, _) in enumerate(found) if word == "COPY")
    assert len(setups) == 1 and setups[0] > copied
    for word, rest in found:
        if word in ("ENTRYPOINT", "CMD", "SHELL"):
            assert all(isinstance(part, str) for part in json.loads(rest)), rest
    for _, line in (pair for pair in found if pair[0] == "RUN"):
        shlex.split(line)


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_the_base_of_an_image_can_not_change_under_its_name(path):
    stages: set[str] = set()
    for _, rest in (pair for pair in instructions(path) if pair[0] == "FROM"):
        base, _, stage = rest.partition(" AS ")
        assert base in stages or re.fullmatch(r"[a-z/]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}", base), base
        stages.add(stage)


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_an_image_runs_and_is_set_up_as_a_user_whose_folders_they_are(path):
    found = instructions(path)
    users = [(number, rest) for number, (word, rest) in enumerate(found) if word == "USER"]
    assert users and users[-1][1] not in ("root", "0")
    made_at, user = users[-1]
    made = " ".join(rest for _, rest in found[:made_at])
    assert re.search(rf"useradd .*\b{user}\b", made)
    volumes = [rest for word, rest in found if word == "VOLUME"]
    for folder in ("/blindspot", *volumes):  # a volume takes over whose the folder is
        assert re.search(rf"install -d -o {user} .*{folder}\b", made), folder
    for number, (word, rest) in enumerate(found):
        if word == "COPY":
            assert rest.startswith(f"--chown={user}:")
        if "./blindspot setup" in rest:
            assert number > made_at, "nothing that is fetched runs as root"


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_an_image_brings_what_the_set_up_may_not_install_without_root(path):
    beside = Distribution("jazzy", ()) if path.suffix == ".ros" else None
    wanted = {package.debian for package in needed_packages(Layout(ROOT, beside))}
    installed = {word for word, rest in instructions(path) if word == "RUN" for word in rest.split()}
    assert wanted <= installed


def test_a_drone_s_journal_and_flown_minutes_outlive_its_container():
    path = ROOT / "docker" / "Dockerfile.ros"
    given = dict(rest.split("=") for word, rest in instructions(path) if word == "ENV")
    state = given["BLINDSPOT_STATE"]
    assert ("VOLUME", state) in instructions(path)
    assert re.search(rf"docker run --rm .*-v [\w-]+:{state} .*hardware\.launch\.py", path.read_text(), re.DOTALL)


def test_what_git_leaves_out_an_image_leaves_out():
    """A virtual environment of another machine in an image would be taken for its own."""
    ignored = {line.strip("/*") for line in (ROOT / ".gitignore").read_text().split()}
    left_out = {line.strip("/*") for line in (ROOT / ".dockerignore").read_text().split()}
    assert ignored <= left_out


def test_the_development_container_runs_the_same_script_as_the_same_user():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["postCreateCommand"] == "./blindspot setup"
    build = container["build"]
    dockerfile = (ROOT / ".devcontainer" / build["dockerfile"]).resolve()
    assert dockerfile in IMAGES
    found = instructions(dockerfile)
    assert any(word == "FROM" and rest.endswith(f" AS {build['target']}") for word, rest in found)
    assert ("USER", container["remoteUser"]) in found
