"""A bounded rate."""

from __future__ import annotations


class RateLimit:
    """Lets something through at most so many times a second. Where the clock is set back, it begins anew."""

    def __init__(self, rate_hz: float) -> None:
        self._period_s = 0.999 / rate_hz  # stamps are rounded
        self._last_s = float("-inf")

    def is_due(self, now_s: float) -> bool:
        """Whether one may pass now; if so, it has."""
        if 0.0 <= now_s - self._last_s < self._period_s:
            return False
        self._last_s = now_s
        return True
