"""When numba compiles a cached kernel again.

Numba alone looks at the kernel's own source file. But compiled code also holds the called kernels and the imported
constants. So a change of a called kernel or of a constant would have no effect until the caller's file changes, too.
Here it counts. `blindspot` names these classes in NUMBA_CACHE_LOCATOR_CLASSES. They keep numba's places: the folder of
NUMBA_CACHE_DIR, else beside the source, else the user's cache. The index of a kernel also names the types of the
kernel's arguments: an index that names a type of an earlier version counts as empty, where numba alone would end.
"""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from numba.core import caching
from numba.core.caching import InTreeCacheLocator, UserProvidedCacheLocator, UserWideCacheLocator

_stamps: dict[str, bytes] = {}
"""By source file: the stamp of the file's kernels and of all called kernels."""


class Index(caching.IndexDataCacheFile):
    """The index of a kernel's compiled forms, in place of numba's own."""

    def _load_index(self) -> Any:
        try:
            return super()._load_index()  # type: ignore[no-untyped-call]
        except (AttributeError, ImportError):  # a type or its module was renamed
            return {}


caching.IndexDataCacheFile = Index  # type: ignore[misc]


class _WithCallees:
    """A locator whose stamp covers the other files' kernels and the constants among the module's names."""

    def __init__(self, kernel: FunctionType, file: str) -> None:
        super().__init__(kernel, file)  # type: ignore[call-arg]
        self._file, self._names = file, kernel.__globals__

    def get_source_stamp(self) -> bytes:
        digest = hashlib.sha256(super().get_source_stamp())  # type: ignore[misc]
        for name in sorted(name for name in self._names if not name.startswith("__")):
            if content := _content(self._names[name], self._file):
                digest.update(name.encode() + b"\0" + content + b"\0")
        stamp = _stamps[self._file] = digest.digest()
        return stamp


def _content(value: object, file: str) -> bytes:
    """The bytes that a compiled kernel of this file takes over from a global value; empty for other values."""
    if isinstance(kernel := getattr(value, "py_func", None), FunctionType):
        other = inspect.getfile(kernel)
        return b"" if other == file else _stamps.get(other) or hashlib.sha256(Path(other).read_bytes()).digest()
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, type):
        return repr(getattr(value, "_fields", "")).encode()
    return repr(value).encode() if _is_constant(value) else b""


def _is_constant(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    return isinstance(value, (bool, int, float, str, bytes, np.generic))


class GivenFolder(_WithCallees, UserProvidedCacheLocator):
    pass


class BesideTheSource(_WithCallees, InTreeCacheLocator):
    pass


class UsersFolder(_WithCallees, UserWideCacheLocator):
    pass
