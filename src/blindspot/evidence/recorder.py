"""Begin, end and contents of a drone's recording: from arming to landing, masked pictures at a bounded rate.

While the sensor is inhibited, or while its state is unknown, nothing from the camera is recorded. If the camera takes
pictures and no masked pictures arrive, this is a gap: it is logged and noted in the recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import BlindspotError, RateLimit, inside
from blindspot.evidence.acts.access import RECORDING, SEALED
from blindspot.evidence.recording import RecordedTopic, Recording
from blindspot.evidence.sealed.form import SUFFIX
from blindspot.evidence.sealed.halves import Sealing, keys_file
from blindspot.law import recorded_topics as law_recording

SEEN = frozenset({law_recording.PICTURES, law_recording.POSES, *law_recording.REPORTED, *law_recording.EVENTS})
"""Topics with data from the camera's pictures."""
PART_S = 300.0
"""Longest sealed part, s of either clock: a part is what is opened, flagged and erased."""
LOGGED_S = 1.0
"""Shortest interruption that is logged: each view begins with one, until the first report."""
DOWN = frozenset({"idle", "preflight", "landed"})
"""Phases that end a recording. After a failure or a takeover the drone may be airborne: its recording goes on."""


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """Size and rate limits of a recording, and its time-outs."""

    picture_rate_hz: float = 1.0
    max_mb: float = 4000.0
    min_free_mb: float = 500.0
    gap_s: float = 5.0
    status_timeout_s: float = 3.0


class Recorder:
    """The recordings of one drone, `<drone>-1.mcap` and so on in a folder, or sealed parts `<drone>-1.mcap.sealed`.

    Feed it each message with the node's time (`now_s`) and, for time-outs, a monotonic clock (`steady_s`).
    """

    def __init__(
        self, folder: Path, drone: str, topics: Mapping[str, RecordedTopic],
        facts: Callable[[], Mapping[str, str]], airborne: Collection[str], limits: RecordingLimits,
        log: Callable[[str], None], enter: Callable[[str, str, str], None], sealing: Sealing | None = None,
        why_not_seen: Callable[[float], str] = lambda now_s: "",
    ) -> None:  # fmt: skip
        """`facts` gives the facts of a recording at the begin. `airborne` are the phases of flight_control with the
        begin of a recording; `log` receives each log line.

        `enter` writes an entry to the journal: act, file, and the file's hash once it is closed. If it raises, no
        recording begins. `sealing` holds the keys of sealed parts; without them the recordings are in clear.
        `why_not_seen` gives the reason of the law against the recording of what the camera sees now, or "".
        """
        self.recording: Recording | None = None
        self.stopped = ""
        """Reason why recording ended for good; empty before."""
        self.gap_since_s: float | None = None
        self.counts: Counter[str] = Counter()
        self._folder, self._drone, self._topics, self._facts = folder, drone, topics, facts
        self._airborne, self._limits, self._log, self._enter = airborne, limits, log, enter
        self._sealing, self._number, self._why_not_seen = sealing, 0, why_not_seen
        self._interrupted: tuple[float, str] | None = None
        """Since when, and why, the law leaves out what the camera sees."""
        self._interrupted_long = ""
        self._begun_s, self._begun_steady_s = 0.0, 0.0
        self._bytes_before = _bytes_of(folder, drone)
        self._inhibited, self._status_s = True, -1e9
        self._pictures = RateLimit(limits.picture_rate_hz)
        self._shown_s, self._shown_steady_s, self._poses_since = 0.0, 0.0, 0

    @property
    def trouble(self) -> str:
        """The present fault, for the operator; empty if all is well."""
        if self.stopped:
            return self.stopped
        if self.gap_since_s is not None:
            return "the camera takes pictures, but no masked pictures arrive"
        return self._interrupted_long

    def on_status(self, phase: str, said_s: float, steady_s: float, *, inhibited: bool) -> None:
        """Process the status of flight_control: a recording begins in the air and ends on the ground."""
        self._inhibited, self._status_s = inhibited, said_s
        if self.recording is None and not self.stopped and phase in self._airborne:
            self._begin(said_s, steady_s)
            self._watch_from(said_s, steady_s)
        elif phase in DOWN:
            self.close(said_s)

    def heard(self, topic: str, cdr: bytes, now_s: float, steady_s: float) -> None:
        """Record a serialised message, if its topic may be recorded at this moment."""
        self._renew_part(now_s, steady_s)
        if self.recording is None or (topic in SEEN and (self._is_inhibited(now_s) or self._is_interrupted(now_s))):
            return
        if topic == law_recording.POSES:
            self._poses_since += 1
        if topic == law_recording.PICTURES:
            self._end_gap(now_s)
            self._watch_from(now_s, steady_s)
            if not self._pictures.is_due(now_s):
                return
        if self._do(lambda recording: recording.write(self._topics[topic].name, cdr, round(now_s * 1e9))):
            self.counts[topic] += 1

    def tick(self, now_s: float, steady_s: float, free_mb: float) -> None:
        """Check for gaps and for free disk space, about once a second. NaN in `free_mb` counts as a full disk."""
        self._look_for_gap(now_s, steady_s)
        self._renew_part(now_s, steady_s)
        self._do(lambda recording: recording.tick(steady_s))
        if self.recording is None:
            return
        if not free_mb >= self._limits.min_free_mb:
            self._stop(f"recording stopped: {free_mb:.0f} MB are left on the disk", now_s)
        elif self._bytes_before + self.recording.size_bytes > self._limits.max_mb * 1e6:
            self._stop(f"recording stopped: the limit of {self._limits.max_mb:g} MB is reached", now_s)

    def close(self, now_s: float) -> None:
        """End and seal the open recording, if any."""
        self._end_gap(now_s)
        self._end_interruption(now_s)
        recording, sealed = self.recording, list[str]()
        if recording is not None and self._do(lambda each: sealed.append(each.close())):
            self._bytes_before += recording.size_bytes
            self.recording = None
            self._log(f"{recording.path.name} is closed and sealed")
            try:
                self._enter(SEALED, recording.path.name, sealed[0])
            except BlindspotError as error:
                self._log(f"the hash of {recording.path.name} is not in the journal: {error}")

    def _renew_part(self, now_s: float, steady_s: float) -> None:
        """End a sealed part that is long enough, and begin the next one."""
        longest_s = max(now_s - self._begun_s, steady_s - self._begun_steady_s)
        if self._sealing is not None and self.recording is not None and longest_s >= PART_S:
            self.close(now_s)
            if not self.stopped:
                self._begin(now_s, steady_s)

    def _begin(self, now_s: float, steady_s: float) -> None:
        self._begun_s, self._begun_steady_s = now_s, steady_s
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._next_path()
            self._enter(RECORDING, path.name, "")
            self.recording = Recording(path, self._topics.values(), self._facts(), self._sealing)
        except OSError as error:
            self._end(f"nothing is recorded: {error.strerror}")
        except BlindspotError as error:
            self._end(f"nothing is recorded: {error}")
        else:
            self._log(f"recording into {path.name}")

    def _next_path(self) -> Path:
        """A path whose number no recording of this folder has, nor had one that this recorder made and erased."""
        while True:
            self._number += 1
            clear = inside(self._folder, f"{self._drone}-{self._number}.mcap")
            sealed = clear.with_name(clear.name + SUFFIX)
            if not any(path.exists() for path in (clear, sealed, keys_file(sealed))):
                return clear if self._sealing is None else sealed

    def _do(self, act: Callable[[Recording], object]) -> bool:
        """Apply an action to the recording; a disk error ends the recording."""
        recording = self.recording
        if recording is None:
            return False
        try:
            act(recording)
        except OSError as error:
            recording.abandon()
            self.recording = None
            self._end(f"recording stopped, {recording.path.name} is not sealed: {error.strerror}")
            return False
        return True

    def _stop(self, reason: str, now_s: float) -> None:
        self.close(now_s)
        self._end(reason)

    def _end(self, reason: str) -> None:
        self.stopped, self.gap_since_s = reason, None
        self._log(reason)

    def _is_inhibited(self, now_s: float) -> bool:
        return self._inhibited or now_s - self._status_s > self._limits.status_timeout_s

    def _is_interrupted(self, now_s: float) -> bool:
        """Whether the law leaves out what the camera sees now. Call this for an exposure: a camera that is off has no
        axis."""
        if not (why := self._why_not_seen(now_s)):
            self._end_interruption(now_s)
        elif self._interrupted is None:
            self._interrupted = now_s, why
        elif now_s - self._interrupted[0] > self._limits.gap_s:
            self._interrupted_long = f"no pictures are recorded: {why}"
        return bool(why)

    def _end_interruption(self, now_s: float) -> None:
        interrupted, self._interrupted, self._interrupted_long = self._interrupted, None, ""
        if interrupted is None:
            return
        since_s, why = interrupted
        facts = {"why": why, "from_s": f"{since_s:.3f}", "until_s": f"{now_s:.3f}"}
        if self._do(lambda recording: recording.note("interruption", facts)) and now_s - since_s >= LOGGED_S:
            self._log(f"the recording leaves out {now_s - since_s:.1f} s of pictures: {why}")

    def _look_for_gap(self, now_s: float, steady_s: float) -> None:
        if self.recording is None or self._is_inhibited(now_s):
            self._end_interruption(now_s)
        if self.recording is None or self._is_inhibited(now_s) or self._interrupted is not None:
            self._end_gap(now_s)
            self._watch_from(now_s, steady_s)
        elif self.gap_since_s is None and self._poses_since and self._is_silent(now_s, steady_s):
            self.gap_since_s = self._shown_s
            self._log(self.trouble)

    def _is_silent(self, now_s: float, steady_s: float) -> bool:
        """Whether the time-out passed on both clocks. The picture rate follows the wall clock in fast simulation, and
        simulated time in slow simulation."""
        return min(now_s - self._shown_s, steady_s - self._shown_steady_s) > self._limits.gap_s

    def _watch_from(self, now_s: float, steady_s: float) -> None:
        self._shown_s, self._shown_steady_s, self._poses_since = now_s, steady_s, 0

    def _end_gap(self, now_s: float) -> None:
        since_s, self.gap_since_s = self.gap_since_s, None
        if since_s is None:
            return
        gap = {"of": law_recording.PICTURES, "from_s": f"{since_s:.3f}", "until_s": f"{now_s:.3f}"}
        if self._do(lambda recording: recording.note("gap", gap)):
            self._log(f"the recording has a gap of {now_s - since_s:.1f} s without pictures")


def _bytes_of(folder: Path, drone: str) -> int:
    """Size of a drone's recordings in a folder: the limit is the mission's, also after a restart of the recorder."""
    with suppress(OSError):
        return sum(path.stat().st_size for path in folder.glob(f"{drone}-*.mcap*"))
    return 0
