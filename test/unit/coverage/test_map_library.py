import hashlib

import pytest

from blindspot import npm
from blindspot.coverage.map_library import Package, allowed_package, load_library, main, set_up
from blindspot.errors import DependencyError

FILES = {"dist/map.js": b"script", "dist/map.css": b"style", "LICENSE.txt": b"notice"}
SCRIPT, STYLE, NOTICE = (hashlib.sha256(content).hexdigest() for content in FILES.values())
PACKAGE = Package(
    what="a test", licence="none", package="p", version="1", script="dist/map.js", script_sha256=SCRIPT,
    style="dist/map.css", style_sha256=STYLE, notice="LICENSE.txt", notice_sha256=NOTICE,
)  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """How often npm was asked."""
    calls = []

    def fetch(package, version, sha256, allowed_by):
        calls.append(package)
        return {path: FILES[path] for path in sha256}

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


def test_without_it_the_remedy_is_told(tmp_path):
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
