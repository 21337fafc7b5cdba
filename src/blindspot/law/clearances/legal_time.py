"""The time by which the law judges: the system's, or in a simulation each run's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blindspot.mission import Mission

MOST_RUNS = 64
"""Number of simulated runs whose begin is remembered; more than a stack flies at the same time."""


class LegalTime:
    """Legal time of each mission. In a simulation, legal time is the mission's start plus the time since the first
    clearance of the run. So the checker's work before the clearance takes no legal time.
    """

    def __init__(self, *, simulated: bool) -> None:
        self._simulated = simulated
        self.begun_s: dict[tuple[str, str], float] = {}
        """By mission hash and run: time of the first clearance on the node's clock, s."""

    def now_utc(self, mission: Mission, mission_sha256: str, run: str, now_s: float) -> datetime:
        """Legal time of a run; `now_s` is the node's time."""
        if not self._simulated:
            return datetime.now(UTC)
        begun_s = self.begun_s.pop((mission_sha256, run), None)
        if begun_s is None:
            return mission.file.start.astimezone(UTC)
        self.begun_s[mission_sha256, run] = begun_s  # a run in use is forgotten last
        return mission.file.start.astimezone(UTC) + timedelta(seconds=now_s - begun_s)

    def begin(self, mission_sha256: str, run: str, now_s: float) -> None:
        """A plan of this run is cleared. Only the first clearance of a run counts."""
        self.begun_s.setdefault((mission_sha256, run), now_s)
        if len(self.begun_s) > MOST_RUNS:
            self.begun_s.pop(next(iter(self.begun_s)))
