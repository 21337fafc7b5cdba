"""onnxruntime is loaded in one place, with its telemetry off."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from blindspot.core import silent_onnxruntime as runtime
from blindspot.core.errors import DependencyError
from blindspot.vision.models.models import DEFAULT_LIST, allowed_networks

ROOT = Path(__file__).parents[3]
LOADS_A_MODEL = """
import sys
from blindspot.core.silent_onnxruntime import onnxruntime
session = onnxruntime().InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
print(len(session.get_inputs()))
"""
KEEPS_IT_SILENT = ("CI", "ORT_RUNNING_UNIT_TESTS", *runtime.SILENT)
"""With any of these it would be silent by itself."""


def test_nothing_of_ours_imports_it_elsewhere():
    importing = set()
    for path in (*(ROOT / "src").rglob("*.py"), *(ROOT / "sim").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "onnxruntime" for name in names):
                importing.add(path.relative_to(ROOT).as_posix())
    assert importing == {"src/blindspot/core/silent_onnxruntime.py"}


def test_a_model_that_is_loaded_leaves_no_identifier_and_no_message_behind(tmp_path):
    model = allowed_networks(DEFAULT_LIST)["drawn"].path("drawn", DEFAULT_LIST, tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    environ = {name: value for name, value in os.environ.items() if name not in KEEPS_IT_SILENT}
    environ |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-P", "-c", LOADS_A_MODEL, str(model)], env=environ, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "1\n"
    assert list(home.rglob("*")) == []


def test_one_that_was_loaded_unsilenced_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", object())
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    with pytest.raises(DependencyError, match="telemetry on"):
        runtime.onnxruntime()
