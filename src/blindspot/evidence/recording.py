"""A recording: one MCAP file of a closed list of topics, sealed by its hash when it is closed.

MCAP is written from front to back in chunks. Where the writer was killed the end is missing, and readers get all that
is before it. Only a recording that was closed has its hash beside it, in the form that `sha256sum -c` reads.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from mcap.writer import CompressionType, Writer

CHUNK_BYTES = 4096
"""A chunk is what a killed recorder loses at most: one picture, or two seconds of words."""
ONLY_OWNER = 0o600


@dataclass(frozen=True, slots=True)
class RecordedTopic:
    """A topic, its type (`package/msg/Name`) and the type's definition in the form `ros2msg` of MCAP."""

    name: str
    type_name: str
    definition: str


class Recording:
    """An open recording. Raises OSError where the disk refuses, a file of that name included."""

    def __init__(self, path: Path, topics: Iterable[RecordedTopic], facts: Mapping[str, str]) -> None:
        """`facts` are told at its beginning, as the metadata record `recording`."""
        self.path = path
        self._file = _HashedFile(path)
        # Pictures are compressed already; without another coder any reader will do.
        self._writer = Writer(cast(IO[Any], self._file), chunk_size=CHUNK_BYTES, compression=CompressionType.NONE)
        self._writer.start(profile="ros2", library="blindspot")
        self._channels = {topic.name: self._channel(topic) for topic in topics}
        self.note("recording", facts)

    @property
    def size_bytes(self) -> int:
        """What is on the disk."""
        return self._file.tell()

    def write(self, topic: str, cdr: bytes, stamp_ns: int) -> None:
        """A message as it came, at the moment it came; KeyError for a topic that is not on the list."""
        self._writer.add_message(self._channels[topic], stamp_ns, cdr, stamp_ns)

    def note(self, name: str, facts: Mapping[str, str]) -> None:
        """A metadata record: what happened to the recording itself."""
        self._writer.add_metadata(name, dict(facts))

    def close(self) -> str:
        """Finish the file and seal it; its SHA-256, hex."""
        self._writer.finish()
        sha256 = self._file.close()
        seal = self.path.with_name(f"{self.path.name}.sha256")
        draft = seal.with_name(f"{seal.name}.part")
        draft.write_text(f"{sha256}  {self.path.name}\n", encoding="ascii")
        draft.replace(seal)
        return sha256

    def abandon(self) -> None:
        """Close what could not be written to its end; it has no seal."""
        self._file.abandon()

    def _channel(self, topic: RecordedTopic) -> int:
        schema = self._writer.register_schema(topic.type_name, "ros2msg", topic.definition.encode())
        return self._writer.register_channel(topic.name, "cdr", schema)


class _HashedFile:
    """As much of a file as the writer needs. It hashes what it writes: nobody waits for a second look at the end, and
    what somebody changes meanwhile breaks the seal."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_OWNER)
        self._hash = hashlib.sha256()
        self._size_bytes = 0

    def write(self, data: bytes) -> int:
        """All of it, or OSError."""
        view = memoryview(data)
        while view:
            written = os.write(self._fd, view)
            self._hash.update(view[:written])
            self._size_bytes += written
            view = view[written:]
        return len(data)

    def tell(self) -> int:
        return self._size_bytes

    def flush(self) -> None:
        """Everything is with the system already."""

    def close(self) -> str:
        """Onto the disk; the SHA-256 of the file, hex."""
        os.fsync(self._fd)
        self.abandon()
        return self._hash.hexdigest()

    def abandon(self) -> None:
        """As often as one likes: a number that was closed is soon another file's."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
