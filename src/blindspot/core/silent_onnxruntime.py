"""onnxruntime, silent: the one place that imports it."""

from __future__ import annotations

import os
import sys
from typing import Any

from blindspot.core.errors import DependencyError

SILENT = {"ORT_DISABLE_TELEMETRY": "1"}
"""Since 1.29 the official Linux builds tell their maker which models run on which machine, under a lasting identifier.
They look at this when they are loaded; switched off later they have told already."""


def onnxruntime() -> Any:
    """The module, which tells nobody anything. Raises DependencyError if somebody loaded it before, unsilenced."""
    if "onnxruntime" in sys.modules and any(os.environ.get(name) != value for name, value in SILENT.items()):
        raise DependencyError("onnxruntime is loaded already, with its telemetry on: start the process anew")
    os.environ.update(SILENT)
    import onnxruntime as module

    return module
