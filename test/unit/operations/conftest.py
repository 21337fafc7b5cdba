"""An operation at the crossroads, with any values changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

CONFIG = Path(__file__).parents[3] / "config"
EVENINGS = {
    "schema": "blindspot.operation/1",
    "name": "Crossroads, evenings",
    "mission": str(CONFIG / "missions/crossroads.yaml"),
    "fleet": str(CONFIG / "fleets/crossroads.yaml"),
    "recurrence": {"rule": "FREQ=DAILY", "from": "2026-11-02", "until": "2026-11-04", "time_zone": "Europe/Paris"},
    "slots": [{"name": "evening", "from": "19:00", "until": "20:00", "passes": 3}],
    "crew": {"pilots": ["A. Martin"], "hands": ["B. Leroy"], "airborne_per_pilot": 2},
    "weather": {"max_wind_mps": 9.0},
}


@pytest.fixture
def operation_with(tmp_path: Path) -> Callable[..., Path]:
    """Writes the operation with other values; `recurrence`, `crew` and `weather` may name a few of their keys."""

    def write(**changes: object) -> Path:
        content: dict[str, object] = dict(EVENINGS)
        for key, value in changes.items():
            old = content.get(key)
            content[key] = old | value if isinstance(old, dict) and isinstance(value, dict) else value
        file = tmp_path / "operations" / "evenings.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(content))
        return file

    return write
