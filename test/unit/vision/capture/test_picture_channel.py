"""Clear pictures from one process to another: complete, for its user alone, and only on request."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.core.errors import InputError
from blindspot.vision.capture import picture_channel
from blindspot.vision.capture.picture_channel import ClearPicture, PictureGiver, PictureTaker, channel_path

LENS = Lens(35.0, 64, 36)
POSE = CameraPose(12.3456789, 1.0, 2.0, 60.0, 40.0, -90.0, position_std_m=0.1, attitude_std_deg=0.2)


def picture(seed: int = 1) -> ClearPicture:
    pixels = np.random.default_rng(seed).integers(0, 255, (LENS.height_px, LENS.width_px, 3), np.uint8)
    return ClearPicture(pixels, POSE, LENS, "night1 abc")


def wait_until(fact: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 20.0
    while not fact():
        assert time.monotonic() < deadline_s


@pytest.fixture
def path(tmp_path, monkeypatch):
    """In a short folder: a socket's path has 107 letters at most."""
    with tempfile.TemporaryDirectory(prefix="bs-", dir="/tmp") as short:
        monkeypatch.setattr(picture_channel.tempfile, "gettempdir", lambda: short)
        yield channel_path(tmp_path / "run", "drone1")


@pytest.fixture
def taken(path):
    """The pictures that a detector has taken during the test."""
    got: list[ClearPicture] = []
    taker = PictureTaker(path, got.append)
    yield got
    taker.close()


@pytest.fixture
def giver(path):
    made = PictureGiver(path)
    yield made
    made.close()


def test_a_picture_arrives_whole_with_its_pose_lens_and_mission(giver, taken):
    given = picture()
    wait_until(giver.is_asked)
    giver.give(given)
    wait_until(lambda: taken)
    (got,) = taken
    assert np.array_equal(got.bgr, given.bgr)
    assert (got.pose, got.lens, got.mission) == (POSE, LENS, "night1 abc")


def test_a_taken_picture_is_unchangeable(giver, taken):
    wait_until(giver.is_asked)
    giver.give(picture())
    wait_until(lambda: taken)
    with pytest.raises(ValueError, match="read-only"):
        taken[0].bgr[0, 0, 0] = 1


def test_a_picture_without_a_request_is_dropped(giver, taken):
    giver.give(picture(1))
    wait_until(giver.is_asked)
    giver.give(picture(2))
    giver.give(picture(3))
    wait_until(giver.is_asked)
    giver.give(picture(4))
    wait_until(lambda: len(taken) == 2)
    assert all(np.array_equal(got.bgr, picture(seed).bgr) for got, seed in zip(taken, (2, 4), strict=True))


def test_a_camera_may_come_later_and_again(path, taken):
    for number in (1, 2):
        giver = PictureGiver(path)
        wait_until(giver.is_asked)
        giver.give(picture())
        wait_until(lambda number=number: len(taken) == number)
        giver.close()


def test_a_detector_that_went_is_not_waited_for(path, giver):
    taker = PictureTaker(path, lambda _: None)
    wait_until(giver.is_asked)
    taker.close()
    giver.give(picture())
    assert not giver.is_asked()


def test_a_failure_behind_the_taker_is_raised(path, giver):
    def fail(_: ClearPicture) -> None:
        raise RuntimeError("out of memory")

    def has_ended() -> bool:
        with suppress(RuntimeError):
            taker.check()
            return False
        return True

    taker = PictureTaker(path, fail)
    taker.check()
    wait_until(giver.is_asked)
    giver.give(picture())
    wait_until(has_ended)
    with pytest.raises(RuntimeError, match="out of memory"):
        taker.check()
    taker.close()


@pytest.mark.parametrize(
    ("header", "size"),
    [(b"[]", 64 * 36 * 3), (b"{", 64 * 36 * 3), (b'{"pose": {}, "lens": {}}', 64 * 36 * 3), (None, 1), (None, None)],
    ids=["a list", "no JSON", "empty", "too few bytes", "no memory"],
)
def test_data_that_are_no_picture_are_not_taken(path, taken, header, size):
    """And the next camera is heard."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door.bind(str(path))
    door.listen()
    camera, _ = door.accept()
    camera.recv(1)
    reported = picture_channel.header_of(picture()) if header is None else header
    handed = [] if size is None else [picture_channel.sealed(np.zeros(size, np.uint8))]
    socket.send_fds(camera, [reported], handed)
    again, _ = door.accept()
    assert again.recv(1)
    assert taken == []
    for one in (again, camera, door):
        one.close()
    for descriptor in handed:
        os.close(descriptor)


def test_memory_that_could_still_change_is_not_taken(path, taken):
    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door.bind(str(path))
    door.listen()
    camera, _ = door.accept()
    memory = os.memfd_create("open")
    os.truncate(memory, 64 * 36 * 3)
    socket.send_fds(camera, [picture_channel.header_of(picture())], [memory])
    door.accept()[0].close()
    assert taken == []
    for close in (camera.close, door.close, lambda: os.close(memory)):
        close()


def test_the_door_is_the_users_alone(path, giver):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_others_may_enter_is_refused(path, tmp_path):
    path.parent.chmod(0o711)
    with pytest.raises(InputError, match=r"blindspot-\d+: is open to others, and clear pictures pass there; remove it"):
        channel_path(tmp_path / "run", "drone1")


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_reported(tmp_path, monkeypatch, name):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(picture_channel.tempfile, "gettempdir", lambda: str(tmp_path / name))
    with pytest.raises(InputError, match=r"can't be made .*; name a short path to a folder"):
        channel_path(tmp_path / "run", "drone1")


def test_a_socket_that_cannot_be_opened_is_reported(tmp_path):
    with pytest.raises(InputError, match=r"can't be opened .*; name a short path to a folder"):
        PictureGiver(tmp_path / ("long" * 30))


def test_each_drone_of_each_run_has_a_door_of_its_own(path, tmp_path):
    others = {channel_path(tmp_path / run, drone) for run in ("run", "run2") for drone in ("drone1", "drone2")}
    assert len(others) == 4
    assert path in others


STRANGER = """
import os, socket, sys
os.setuid(65534)
door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
door.connect(sys.argv[1])
try:
    door.send(b"?")
    print("got", door.recv(1))
except OSError:
    print("got nothing")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: another user's process; needs root")
def test_another_user_gets_nothing_even_where_folder_and_door_let_it_in():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "door"
        giver = PictureGiver(path)
        path.chmod(0o666)
        answers: list[bool] = []
        with subprocess.Popen([sys.executable, "-c", STRANGER, str(path)], stdout=subprocess.PIPE) as process:
            wait_until(lambda: answers.append(giver.is_asked()) or process.poll() is not None)
            said = process.communicate()[0]
        giver.close()
    assert said in (b"got nothing\n", b"got b''\n")
    assert not any(answers)
