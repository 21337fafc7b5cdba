"""A recording: one MCAP file with a closed list of topics, sealed by a hash at the closing, and encrypted if its
authorisation names keys.

MCAP is written from front to back in chunks. If the writer is killed, the end is missing and readers get everything
before it. Only a closed recording has a hash file, in the format of `sha256sum -c`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from mcap.writer import CompressionType, Writer

from blindspot.core import write_whole
from blindspot.evidence.sealed.halves import Sealing
from blindspot.evidence.sealed.sealed_file import SealedFile

CHUNK_BYTES = 4096
"""A killed recorder loses one chunk at most: one picture, or two seconds of other messages."""
ONLY_OWNER = 0o600


@dataclass(frozen=True, slots=True)
class RecordedTopic:
    """A topic, its type (`package/msg/Name`) and the type's definition in the form `ros2msg` of MCAP."""

    name: str
    type_name: str
    definition: str


class Recording:
    """An open recording. Raises OSError on a disk error, and if the file exists already."""

    def __init__(
        self, path: Path, topics: Iterable[RecordedTopic], facts: Mapping[str, str], sealing: Sealing | None = None
    ) -> None:
        """`facts` are written at the beginning, as the metadata record `recording`. With `sealing` the file is a sealed
        part, with the facts in clear in its first line, too."""
        self.path = path
        self._file = _HashedFile(path) if sealing is None else SealedFile(path, facts, sealing)
        # Pictures are compressed already, and every reader opens an uncompressed file.
        self._writer = Writer(cast(IO[Any], self._file), chunk_size=CHUNK_BYTES, compression=CompressionType.NONE)
        self._writer.start(profile="ros2", library="blindspot")
        self._channels = {topic.name: self._channel(topic) for topic in topics}
        self.note("recording", facts)

    @property
    def size_bytes(self) -> int:
        """Bytes written to the disk."""
        return self._file.size_bytes

    def tick(self, steady_s: float) -> None:
        """Call this about once a second with a monotonic clock: a sealed part writes what has waited."""
        self._file.tick(steady_s)

    def write(self, topic: str, cdr: bytes, stamp_ns: int) -> None:
        """Append a serialised message with its time of arrival; raises KeyError for a topic outside the list."""
        self._writer.add_message(self._channels[topic], stamp_ns, cdr, stamp_ns)

    def note(self, name: str, facts: Mapping[str, str]) -> None:
        """Append a metadata record about the recording itself."""
        self._writer.add_metadata(name, dict(facts))

    def close(self) -> str:
        """Finish and close the file, and return the SHA-256 in hex."""
        self._writer.finish()
        sha256 = self._file.close()
        seal = self.path.with_name(f"{self.path.name}.sha256")
        write_whole(seal, f"{sha256}  {self.path.name}\n")
        return sha256

    def abandon(self) -> None:
        """Close an incomplete file; it stays unsealed."""
        self._file.abandon()

    def _channel(self, topic: RecordedTopic) -> int:
        schema = self._writer.register_schema(topic.type_name, "ros2msg", topic.definition.encode())
        return self._writer.register_channel(topic.name, "cdr", schema)


class _HashedFile:
    """The part of a file interface that the writer needs. The writer hashes the data during the writing: closing
    needs no second read, and a change of the file by another process breaks the seal."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_OWNER)
        self._hash = hashlib.sha256()
        self._size_bytes = 0

    def write(self, data: bytes) -> int:
        """Write all of `data`, or raise OSError."""
        view = memoryview(data)
        while view:
            written = os.write(self._fd, view)
            self._hash.update(view[:written])
            self._size_bytes += written
            view = view[written:]
        return len(data)

    def tell(self) -> int:
        return self._size_bytes

    @property
    def size_bytes(self) -> int:
        """Bytes written to the disk."""
        return self._size_bytes

    def tick(self, steady_s: float) -> None:
        """Does nothing, as `flush`."""

    def flush(self) -> None:
        """Does nothing: `write` hands all data to the system."""

    def close(self) -> str:
        """Sync the file to the disk, close the file and return the SHA-256 in hex."""
        os.fsync(self._fd)
        self.abandon()
        return self._hash.hexdigest()

    def abandon(self) -> None:
        """Close the file; safe to call repeatedly. The system soon reuses a closed file descriptor for another file."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
