"""Facts reported by `camera` about the source of pictures before a flight: the kind of the source, and whether the
stream has sound tracks."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread

from blindspot.nodes.autopilot.drone_facts import MOST_VALUES, SILENT, SOUND, SOURCE, TRACKS, Values
from blindspot.vision.capture import Address, sound

AGAIN_S, COUNTS_S = 20.0, 60.0
"""Wall time between two questions to the stream's server, and for which an answer counts."""


class CameraFacts:
    """The latest facts of a source. A thread asks its server, which may answer late; `ask` reads the sound tracks."""

    def __init__(self, address: Address, ask: Callable[[Address], sound.Sound] = sound.sound_of) -> None:
        self._address, self._ask = address, ask
        self._sound: sound.Sound = None
        self._read_s = -COUNTS_S
        self._begin()

    def _begin(self) -> None:
        self._begun_s = time.monotonic()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        self._sound = self._ask(self._address)
        self._read_s = time.monotonic()

    def values(self) -> Values:
        """The facts for a report. Sound tracks whose reading is old or failed are unknown: they are left out."""
        now_s = time.monotonic()
        tracks = self._sound if now_s - self._read_s < COUNTS_S else None
        if not self._reader.is_alive() and now_s - self._begun_s >= AGAIN_S:
            self._begin()
        kind = [(SOURCE, self._address.kind)]
        if tracks is None:
            return kind
        return [*kind, *([(SOUND, name) for name in tracks[: MOST_VALUES - 2]] or [(TRACKS, SILENT)])]
