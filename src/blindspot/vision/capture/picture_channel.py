"""The channel for clear pictures from a drone's camera to its detector, outside the ROS graph, which any node may join.

The camera listens on a Unix socket in a folder that only its user may enter. The detector asks for one picture at a
time. It receives a sealed anonymous memory file, with the pose and the lens of that picture. The data ends with the two
processes. Other processes of the same user, or of root, have access; they could read the memory of both anyway.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import mmap
import os
import socket
import stat
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens
from blindspot.core import InputError, private

_ASK = b"?"
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_HEADER_BYTES = 4096
_OTHER_FOLDER = "name a short path to a folder of a local disk in TMPDIR"
RETRY_S = 0.2
"""Wall time between two attempts to connect to a camera."""


@dataclass(frozen=True, slots=True)
class ClearPicture:
    """An unmasked (height, width, 3) BGR picture of a lens, with the pose of the exposure, and the name of the
    mission."""

    bgr: NDArray[np.uint8]
    pose: CameraPose
    lens: Lens
    mission: str = ""


def channel_path(run_dir: Path, drone: str) -> Path:
    """Path of the socket between camera and detector of a drone in one run.

    Raises InputError for a folder that other users may enter. The path is short, since the path of a socket has at most
    107 characters.
    """
    folder = Path(tempfile.gettempdir()) / f"blindspot-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise InputError(folder, "", f"can't be made ({error.strerror})", _OTHER_FOLDER) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise InputError(folder, "", "is open to others, and clear pictures pass there", "remove it")
    run = hashlib.sha256(f"{run_dir.resolve()}\n{drone}".encode()).hexdigest()[:16]
    return folder / f"{run}.pictures"


class PictureGiver:
    """The camera's end. All calls return at once, so that it runs in the caller's thread."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._readers: dict[socket.socket, bool] = {}
        """Connected readers, and whether each waits for a picture."""
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._door.setblocking(False)
        try:
            path.unlink(missing_ok=True)
            self._door.bind(str(path))
            path.chmod(0o600)
            self._door.listen()
        except OSError as error:
            self._door.close()
            raise InputError(path, "", f"can't be opened ({error})", _OTHER_FOLDER) from error

    def is_asked(self) -> bool:
        """Whether a reader waits for a picture."""
        with self._lock:
            with suppress(BlockingIOError):
                while True:
                    reader, _ = self._door.accept()
                    if private.peer_of(reader)[1] == os.getuid():
                        reader.setblocking(False)
                        self._readers[reader] = False
                    else:
                        reader.close()
            for reader in tuple(self._readers):
                try:
                    self._readers[reader] |= reader.recv(len(_ASK)) == _ASK or self._dismiss(reader)
                except BlockingIOError:
                    continue
                except OSError:
                    self._dismiss(reader)
            return any(self._readers.values())

    def give(self, picture: ClearPicture) -> None:
        """Send a picture to all waiting readers."""
        with self._lock:
            waiting = [reader for reader, waits in self._readers.items() if waits]
            if not waiting:
                return
            memory = sealed(picture.bgr)
            try:
                for reader in waiting:
                    self._readers[reader] = False
                    try:
                        socket.send_fds(reader, [header_of(picture)], [memory], socket.MSG_NOSIGNAL)
                    except OSError:  # the reader has gone, or its queue is full
                        self._dismiss(reader)
            finally:
                os.close(memory)

    def close(self) -> None:
        with self._lock:
            for reader in tuple(self._readers):
                self._dismiss(reader)
            self._door.close()
        self._path.unlink(missing_ok=True)

    def _dismiss(self, reader: socket.socket) -> bool:
        del self._readers[reader]
        reader.close()
        return False


class PictureTaker:
    """The detector's end: passes each picture to `take` in a separate thread, and reconnects until it finds a
    camera."""

    def __init__(self, path: Path, take: Callable[[ClearPicture], None]) -> None:
        self._path, self._take = path, take
        self._error: Exception | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._camera, self._is_connected = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET), False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise the error that ended the thread, if any."""
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self._closed.set()
        while self._thread.is_alive():  # the thread may just have connected
            with self._lock, suppress(OSError):
                self._camera.shutdown(socket.SHUT_RDWR)
            self._thread.join(RETRY_S)
        self._camera.close()

    def _run(self) -> None:
        try:
            while not self._closed.is_set():
                while (picture := self._next()) is not None:
                    self._take(picture)
                self._renew()
        except Exception as error:
            self._error = error

    def _next(self) -> ClearPicture | None:
        """The next picture; None if the camera is absent, or sends another format."""
        try:
            if not self._is_connected:
                self._camera.connect(str(self._path))
                if private.peer_of(self._camera)[1] != os.getuid():
                    return None
                self._is_connected = True
            self._camera.send(_ASK, socket.MSG_NOSIGNAL)
            header, handed, _, _ = socket.recv_fds(self._camera, _HEADER_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
            try:
                return _picture(header, *handed)
            finally:
                for each in handed:
                    os.close(each)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def _renew(self) -> None:
        with self._lock:
            self._camera.close()
            self._camera, self._is_connected = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET), False
        self._closed.wait(RETRY_S)


def header_of(picture: ClearPicture) -> bytes:
    facts = {"pose": asdict(picture.pose), "lens": asdict(picture.lens), "mission": picture.mission}
    return json.dumps(facts).encode()


def sealed(bgr: NDArray[np.uint8]) -> int:
    """A file descriptor of sealed, unchangeable memory with the pixels."""
    memory = os.memfd_create("picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        pixels = memoryview(np.ascontiguousarray(bgr).data).cast("B")
        while pixels:
            pixels = pixels[os.write(memory, pixels) :]
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(memory)
        raise
    return memory


def _picture(header: bytes, memory: int) -> ClearPicture:
    """Map the picture in place, without a copy. Raises ValueError, TypeError, KeyError or OSError for other data."""
    facts = json.loads(header)
    pose, lens = CameraPose(**facts["pose"]), Lens(**facts["lens"])
    shape = (lens.height_px, lens.width_px, 3)
    size = lens.height_px * lens.width_px * 3
    if fcntl.fcntl(memory, fcntl.F_GET_SEALS) & _SEALS != _SEALS or os.fstat(memory).st_size != size:
        raise ValueError("no sealed picture of that lens")
    # Private, since Linux before 6.7 maps sealed memory only this way.
    pixels = mmap.mmap(memory, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    return ClearPicture(np.frombuffer(pixels, np.uint8).reshape(shape), pose, lens, str(facts["mission"]))
