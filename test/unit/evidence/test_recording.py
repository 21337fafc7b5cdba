"""A recording is a file that others read, sealed when it is closed, and of use where it was not."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys

import pytest
from mcap.exceptions import EndOfFile
from mcap.reader import NonSeekingReader, make_reader

from blindspot.evidence.recording import RecordedTopic, Recording

TOPIC = RecordedTopic("/drone1/words", "std_msgs/msg/String", "string data\n")
FACTS = {"drone": "drone1", "masked": "yes"}


def test_a_closed_one_is_read_with_its_messages_and_notes(tmp_path):
    path = tmp_path / "drone1-1.mcap"
    recording = Recording(path, [TOPIC], FACTS)
    for number in range(100):
        recording.write("/drone1/words", bytes([number]) * 200, number * 10**9)
    recording.note("gap", {"from_s": "3.000"})
    recording.close()
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        assert reader.get_header().profile == "ros2"
        summary = reader.get_summary()
        assert summary.statistics.message_count == 100
        assert [(c.topic, c.message_encoding) for c in summary.channels.values()] == [("/drone1/words", "cdr")]
        assert [(s.name, s.encoding) for s in summary.schemas.values()] == [("std_msgs/msg/String", "ros2msg")]
        found = [(message.log_time, message.data) for _, _, message in reader.iter_messages()]
        assert found == [(number * 10**9, bytes([number]) * 200) for number in range(100)]
        assert [(note.name, note.metadata) for note in reader.iter_metadata()] == [
            ("recording", FACTS), ("gap", {"from_s": "3.000"}),
        ]  # fmt: skip


def test_its_seal_is_the_hash_of_the_file_as_sha256sum_reads_it(tmp_path):
    path = tmp_path / "drone1-1.mcap"
    recording = Recording(path, [TOPIC], FACTS)
    recording.write("/drone1/words", b"hello", 1)
    assert list(tmp_path.iterdir()) == [path]  # not sealed while it is open
    reported = recording.close()
    assert reported == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (tmp_path / "drone1-1.mcap.sha256").read_text() == f"{reported}  drone1-1.mcap\n"
    assert recording.size_bytes == path.stat().st_size
    assert sorted(file.name for file in tmp_path.iterdir()) == ["drone1-1.mcap", "drone1-1.mcap.sha256"]


def test_only_its_owner_reads_it_and_none_is_overwritten(tmp_path):
    path = tmp_path / "drone1-1.mcap"
    Recording(path, [TOPIC], FACTS).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        Recording(path, [TOPIC], FACTS)


def test_a_topic_that_is_not_on_the_list_can_not_be_written(tmp_path):
    recording = Recording(tmp_path / "drone1-1.mcap", [TOPIC], FACTS)
    with pytest.raises(KeyError):
        recording.write("/drone1/camera/image_raw", b"", 1)


KILLED = """
import os, signal, sys
from pathlib import Path
from blindspot.evidence.recording import RecordedTopic, Recording
recording = Recording(Path(sys.argv[1]), [RecordedTopic("/drone1/words", "std_msgs/msg/String", "string data")], {})
for number in range(103):
    recording.write("/drone1/words", bytes([number]) * 1000, number)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_of_a_killed_recorder_readers_get_all_but_the_last_chunk(tmp_path):
    path = tmp_path / "drone1-1.mcap"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    killed = subprocess.run([sys.executable, "-P", "-c", KILLED, str(path)], env=environment, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == [path]  # no seal
    assert stamps_until_it_breaks_off(path) == list(range(100))  # four a chunk


def stamps_until_it_breaks_off(path):
    found = []
    with path.open("rb") as file:
        messages = NonSeekingReader(file).iter_messages(log_time_order=False)
        while True:
            try:
                found.append(next(messages)[2].log_time)
            except EndOfFile:
                return found
