"""The newest masked picture of each drone at which a person looks.

The owner of the graph puts pictures in, the server's thread takes pictures out. Nothing waits in a queue.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from threading import Lock

MOST_BYTES = 1_000_000
"""Largest JPEG: a masked picture of 1080p has about 400 kB."""
_BEGIN, _END = b"\xff\xd8\xff", b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class NewestPicture:
    """A masked picture. `heard_s` is on a steady clock, `age_s` the age at that moment, `number` counts the pictures
    of all drones."""

    number: int
    jpeg: bytes
    heard_s: float
    age_s: float


class PictureBox:
    """The newest pictures. A picture stays only as long as a person looks.

    Example
    -------
    >>> box = PictureBox()
    >>> box.look("drone1")
    >>> box.take("drone1", b"\\xff\\xd8\\xff ... \\xff\\xd9", heard_s=10.0, age_s=0.2)
    True
    >>> box.newest("drone1").number
    1
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._looks: Counter[str] = Counter()
        self._newest: dict[str, NewestPicture] = {}
        self._withheld: dict[str, str] = {}
        self._number = 0

    def look(self, drone: str) -> None:
        """One person more looks at the pictures of a drone."""
        with self._lock:
            self._looks[drone] += 1

    def leave(self, drone: str) -> None:
        """One person less looks."""
        with self._lock:
            self._looks[drone] -= 1
            if self._looks[drone] <= 0:
                del self._looks[drone]
                self._newest.pop(drone, None)

    @property
    def looked_at(self) -> frozenset[str]:
        """The drones at whose pictures somebody looks."""
        with self._lock:
            return frozenset(self._looks)

    def take(self, drone: str, jpeg: bytes, heard_s: float, age_s: float) -> bool:
        """Take the newest picture of a drone; False for bytes that are no JPEG of a usual size."""
        if len(jpeg) > MOST_BYTES or not (jpeg.startswith(_BEGIN) and jpeg.endswith(_END)):
            return False
        with self._lock:
            if drone in self._looks and drone not in self._withheld:
                self._number += 1
                self._newest[drone] = NewestPicture(self._number, jpeg, heard_s, max(0.0, age_s))
        return True

    def withhold(self, drone: str, why: str) -> None:
        """Show no picture of a drone for the reason `why`; an empty reason ends that."""
        with self._lock:
            if not why:
                self._withheld.pop(drone, None)
                return
            self._withheld[drone] = why
            self._newest.pop(drone, None)

    def why_withheld(self, drone: str) -> str:
        """The reason why no picture of a drone is shown; empty without one."""
        with self._lock:
            return self._withheld.get(drone, "")

    def newest(self, drone: str) -> NewestPicture | None:
        with self._lock:
            return self._newest.get(drone)
