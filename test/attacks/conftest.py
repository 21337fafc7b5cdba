"""The fixtures of `test/system`, which start a whole stack, for the attack tests."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

_FILE = Path(__file__).resolve().parents[1] / "system" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("blindspot_test_system", _FILE)
assert _SPEC is not None and _SPEC.loader is not None
_system = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_system)

sim = _system.sim

_of_nodes = importlib.import_module("test.node.conftest")
graph, leasing, lease_key = _of_nodes.graph, _of_nodes.leasing, _of_nodes.lease_key
pilot_key, sign_as_pilot = _of_nodes.pilot_key, _of_nodes.sign_as_pilot
"""Fixtures of `test/node`, for attacks on single nodes."""
