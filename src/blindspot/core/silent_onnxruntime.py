"""onnxruntime without telemetry: only this module imports onnxruntime."""

from __future__ import annotations

import os
import sys
from typing import Any

from blindspot.core.errors import DependencyError

SILENT = {"ORT_DISABLE_TELEMETRY": "1"}
"""Since 1.29 the official Linux builds report to their maker which models run on which machine, under a lasting
identifier. They read this variable when they are loaded; a later change comes after the first report."""


def onnxruntime() -> Any:
    """The module with its telemetry off. Raises DependencyError if it is already loaded with telemetry on."""
    if "onnxruntime" in sys.modules and any(os.environ.get(name) != value for name, value in SILENT.items()):
        raise DependencyError("onnxruntime is loaded already, with its telemetry on: restart the process")
    os.environ.update(SILENT)
    import onnxruntime as module

    return module
