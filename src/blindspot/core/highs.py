"""HiGHS for the whole stack: silent, on one thread, with an error for a failed run."""

from __future__ import annotations

from typing import Any

import highspy


class SilentHighs(highspy.Highs):
    """HiGHS with callbacks prints a banner on standard output; our JSON document must be alone there.

    It runs on one thread. A process has one pool of HiGHS threads, and its size is set by the first run. A later run
    with another number of threads ends at once with an error and without a solution.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.setOptionValue("threads", 1)

    def enableCallbacks(self) -> None:
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]

    def run(self) -> Any:
        """Solve the model.

        Raises
        ------
        RuntimeError
            HiGHS did not run: the values and bounds would be those of no run.
        """
        status = super().run()
        if status == highspy.HighsStatus.kError:
            raise RuntimeError("HiGHS could not solve the model")
        return status
