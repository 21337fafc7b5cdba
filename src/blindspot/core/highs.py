"""HiGHS with its standard output off, for the whole stack."""

from __future__ import annotations

import highspy


class SilentHighs(highspy.Highs):
    """HiGHS prints its banner on standard output once it has callbacks; our JSON document must be alone there."""

    def enableCallbacks(self) -> None:
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]
