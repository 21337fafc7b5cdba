"""For how long the camera's axis rests on a façade (DWL-02), by the detector's report on each picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(slots=True)
class AxisRest:
    """Takes the reports in the order of their exposures. A report counts for `fresh_s` after its arrival."""

    fresh_s: float
    _on_facade: bool | None = None
    _since_s: float | None = None
    """Exposure of the first of the reports in a row that name a façade."""
    _exposed_s: float = -inf
    _heard_s: float = -inf

    def hear(self, on_facade: bool | None, exposed_s: float, now_s: float) -> None:
        """One report; a report that is no newer than the last one counts for nothing."""
        if exposed_s <= self._exposed_s:
            return
        self._on_facade, self._exposed_s, self._heard_s = on_facade, exposed_s, now_s
        if on_facade is False:
            self._since_s = None
        elif on_facade and self._since_s is None:
            self._since_s = exposed_s

    def rested_s(self, now_s: float) -> float | None:
        """Seconds on a façade up to now, 0 beside one; None where nobody knows."""
        if self._on_facade is None or not now_s - self._heard_s <= self.fresh_s:
            return None
        return 0.0 if self._since_s is None else now_s - self._since_s
