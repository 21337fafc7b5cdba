"""The home of a take-off as a file, for a flight_control that is started again in flight."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, nan
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from blindspot.core import one_line, write_whole
from blindspot.flight.watch import HomeOfTakeOff
from blindspot.mission import Point
from blindspot.nodes.graph.latest import Latest

Kept = tuple[str, HomeOfTakeOff | None]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    run: str
    place: Point | None = None
    up_m: float = 0.0
    baro_m: float | None = None


class KeptHome:
    """One file of one drone. A thread writes it, so that a slow disk holds up no flight; `warn` gets one sentence for
    each error."""

    def __init__(self, path: Path, warn: Callable[[str], object]) -> None:
        self._path, self._warn = path, warn
        self._last: Kept | None = None
        self._writer = Latest(self._write)

    def keep(self, run: str, home: HomeOfTakeOff | None) -> None:
        """Write the home of a flight in this run if the home changed; None before the take-off, so that no home of an
        earlier flight stays."""
        if (run, home) != self._last:
            self._last = run, home
            self._writer.offer(self._last)

    def of(self, run: str) -> HomeOfTakeOff | None:
        """The home of the flight in this run; None if it is unknown."""
        try:
            kept = _File.model_validate_json(self._path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValidationError) as error:
            self._warn(f"the home of the take-off is not known: {one_line(error)}")
            return None
        if kept.run != run or kept.place is None:
            return None
        return HomeOfTakeOff(kept.place, kept.up_m, nan if kept.baro_m is None else kept.baro_m)

    def close(self) -> None:
        """End the thread after its present work."""
        self._writer.close()

    def _write(self, kept: Kept) -> None:
        run, home = kept
        file = _File(run=run)
        if home is not None:
            baro_m = home.baro_m if isfinite(home.baro_m) else None
            file = _File(run=run, place=home.place, up_m=home.up_m, baro_m=baro_m)
        try:
            write_whole(self._path, file.model_dump_json() + "\n")
        except OSError as error:
            self._warn(f"the home of the take-off is not kept for a restart: {one_line(error)}")
