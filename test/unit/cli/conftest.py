"""A state folder of each test's own."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_state(monkeypatch, tmp_path):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
