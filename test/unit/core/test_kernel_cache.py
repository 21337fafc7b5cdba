"""Cached kernels are compiled again after a change of any code that they contain."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from numba.core import caching

from blindspot.core.kernel_cache import Index

INNER = """
import numba
from constants import STEP

@numba.njit(cache=True)
def more(x):
    return x + STEP
"""
OUTER = """
import numba
from inner import more
from constants import FACTOR

@numba.njit(cache=True)
def far_more(x):
    return FACTOR * more(x)
"""
CALL = "import blindspot; import outer; print(outer.far_more(1), sum(outer.far_more.stats.cache_hits.values()))"


@pytest.fixture
def modules(tmp_path) -> Path:
    (tmp_path / "inner.py").write_text(INNER)
    (tmp_path / "outer.py").write_text(OUTER)
    (tmp_path / "constants.py").write_text("STEP, FACTOR = 1, 10\n")
    return tmp_path


def called(modules: Path) -> list[int]:
    """Result of a kernel in a new process, and the number of its compiled forms that came from the cache."""
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(modules), os.environ.get("PYTHONPATH", "")])}
    ran = subprocess.run([sys.executable, "-P", "-c", CALL], env=environ, capture_output=True, text=True, check=True)
    return [int(word) for word in ran.stdout.split()]


def test_a_kernel_follows_the_kernels_and_constants_that_it_contains(modules):
    assert called(modules) == [20, 0]
    assert called(modules) == [20, 1]
    (modules / "inner.py").write_text(INNER.replace("x + STEP", "x + STEP + 1"))
    assert called(modules) == [30, 0]
    (modules / "constants.py").write_text("STEP, FACTOR = 2, 10\n")
    assert called(modules) == [40, 0]


def test_an_index_that_names_a_type_of_an_earlier_version_counts_as_empty(tmp_path, monkeypatch):
    """As after an update of the code that renames the type of an argument."""
    former = ModuleType("former")
    former.Lens = type("Lens", (), {"__module__": "former"})
    monkeypatch.setitem(sys.modules, "former", former)
    assert caching.IndexDataCacheFile is Index
    index = Index(str(tmp_path), "kernel", b"stamp")
    index.save((former.Lens,), "compiled")
    assert index.load((former.Lens,)) == "compiled"
    kept = former.Lens
    del former.Lens
    assert index.load((kept,)) is None
    former.Camera = type("Camera", (), {"__module__": "former"})
    index.save((former.Camera,), "compiled anew")
    assert index.load((former.Camera,)) == "compiled anew"
