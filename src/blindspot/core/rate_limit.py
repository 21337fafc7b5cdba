"""A bounded rate."""

from __future__ import annotations


class RateLimit:
    """Lets an event pass at most `rate_hz` times a second. A clock that is set back restarts the limit."""

    def __init__(self, rate_hz: float) -> None:
        self._period_s = 0.999 / rate_hz  # stamps are rounded
        self._last_s = float("-inf")

    def is_due(self, now_s: float) -> bool:
        """Whether an event may pass now; True also counts it as passed."""
        if 0.0 <= now_s - self._last_s < self._period_s:
            return False
        self._last_s = now_s
        return True
