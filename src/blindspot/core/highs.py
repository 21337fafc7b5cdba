"""HiGHS as the whole stack uses it."""

from __future__ import annotations

import highspy


class SilentHighs(highspy.Highs):
    """HiGHS says who it is, on standard output, as soon as it has callbacks; the JSON document is printed there."""

    def enableCallbacks(self) -> None:
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]
