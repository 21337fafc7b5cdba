import hashlib

import pytest

from blindspot.core import npm
from blindspot.core.errors import DependencyError
from blindspot.coverage.maps.map_library import MapPackage, allowed_package, load_library, main, set_up

PATHS = {"script": "dist/map.js", "style": "dist/map.css", "notice": "LICENSE.txt"}
PACKAGE = MapPackage(
    what="a test", licence="none", package="p", version="1",
    **{name: npm.File(path=path, sha256=hashlib.sha256(name.encode()).hexdigest()) for name, path in PATHS.items()},
)  # fmt: skip
"""Each file holds its own name."""


@pytest.fixture
def asked(monkeypatch):
    """How often npm was asked."""
    calls = []

    def fetch(package, allowed_by):
        calls.append(package.package)
        return {name: name.encode() for name in package.files}

    monkeypatch.setattr(npm, "fetch", fetch)
    return calls


def test_the_library_is_brought_once_and_again_when_damaged(asked, tmp_path):
    folder = tmp_path / "web"
    set_up(folder, PACKAGE)
    set_up(folder, PACKAGE)
    assert asked == ["p"]
    library = load_library(folder, PACKAGE)
    assert (library.script, library.style, library.notice) == ("script", "style", "notice")
    (folder / "map.js").write_bytes(b"tampered")
    with pytest.raises(DependencyError, match=r"\./blindspot setup"):
        load_library(folder, PACKAGE)
    set_up(folder, PACKAGE)
    assert load_library(folder, PACKAGE).script == "script"


def test_without_it_the_error_names_the_fix(tmp_path):
    with pytest.raises(DependencyError, match=r"\./blindspot setup"):
        load_library(tmp_path, PACKAGE)


def test_offline_is_one_line(monkeypatch, tmp_path, capsys):
    def offline(*_):
        raise DependencyError("maplibre-gl can't be fetched, is this machine offline?")

    monkeypatch.setattr(npm, "fetch", offline)
    assert main(["--into", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "offline?" in line


def test_the_shipped_package_names_its_licence():
    assert allowed_package().licence == "BSD-3-Clause"
