"""The machine of this process, as the checks see the machine. Tests break one part of it at a time."""

from __future__ import annotations

import ctypes
import getpass
import grp
import importlib.metadata
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import folders

_ENDS_WITHIN_S = 2.0
_TIME_ERROR, _STA_UNSYNC = 5, 0x40


@dataclass(frozen=True, slots=True)
class Ran:
    """The result of a program. `code` is its exit code, negative for a signal, None on a time-out or failed start."""

    code: int | None
    out: str = ""
    error: str = ""
    timed_out: bool = False

    @property
    def why(self) -> str:
        """The reason for a failure in a few words."""
        if self.timed_out:
            return "no answer in time"
        if self.code is not None and self.code < 0:
            return f"killed by signal {-self.code}"
        lines = [line.strip() for text in (self.out, self.error) for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else f"ended with code {self.code}"


@dataclass(frozen=True, slots=True)
class Package:
    """An installed Python package. `ours` is true for our own environment and false for the system's Python."""

    version: str
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Clock:
    """The kernel's estimate of its clock error."""

    synchronised: bool
    error_s: float


class Machine:
    """A machine to check. All methods except `run` return at once, and none raises."""

    def __init__(self, fcu_url: str = "") -> None:
        self.environ: Mapping[str, str] = dict(os.environ)
        self.python = sys.executable
        self.python_version = (sys.version_info.major, sys.version_info.minor)
        self.architecture = f"{platform.system()} {platform.machine()}"
        self.user = _user()
        checkout = Path(__file__).resolve().parents[3]
        self.root = checkout if (checkout / "requirements" / "lock.txt").is_file() else None
        """The checkout, or None for an installed package."""
        self.config, self.law = folders.CONFIG_DIR, folders.LAW_DIR
        """`law` is the installation's own `config` folder, which no variable of the environment replaces."""
        self.models, self.web = folders.MODELS_DIR, folders.WEB_DIR
        self.runs = Path("runs").absolute()
        self.fcu_url = fcu_url
        """The autopilot link to check, empty for the usual one."""

    def utc_s(self) -> float:
        return time.time()

    def clock(self) -> Clock | None:
        timex = _Timex()
        try:
            state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
        except (OSError, AttributeError):
            return None
        if state < 0:
            return None
        return Clock(state != _TIME_ERROR and not timex.status & _STA_UNSYNC, timex.maxerror * 1e-6)

    def which(self, program: str) -> Path | None:
        found = shutil.which(program, path=self.environ.get("PATH"))
        return Path(found) if found else None

    def is_file(self, path: Path) -> bool:
        with suppress(OSError):
            return path.is_file()
        return False

    def is_folder(self, path: Path) -> bool:
        with suppress(OSError):
            return path.is_dir()
        return False

    def size(self, path: Path) -> int:
        with suppress(OSError):
            return path.stat().st_size
        return 0

    def read(self, path: Path) -> bytes:
        with suppress(OSError):
            return path.read_bytes()
        return b""

    def glob(self, pattern: str) -> tuple[Path, ...]:
        with suppress(OSError):
            return tuple(sorted(Path("/").glob(pattern.lstrip("/"))))
        return ()

    def may_use(self, path: Path) -> bool:
        return os.access(path, os.R_OK | os.W_OK)

    def group_of(self, path: Path) -> str:
        with suppress(OSError, KeyError):
            return grp.getgrgid(path.stat().st_gid).gr_name
        return ""

    def free_bytes(self, path: Path) -> int:
        """Free bytes of the disk of an existing or a planned path."""
        for folder in (path, *path.parents):
            with suppress(OSError):
                return shutil.disk_usage(folder).free
        return 0

    def packages(self) -> Mapping[str, Package]:
        found: dict[str, Package] = {}
        for one in importlib.metadata.distributions():
            name = re.sub(r"[-_.]+", "-", one.metadata["Name"] or "").lower()
            ours = Path(str(one.locate_file(""))).resolve().is_relative_to(Path(sys.prefix).resolve())
            found.setdefault(name, Package(one.version, ours))  # Python imports the first one on the path
        return found

    def run(self, command: Sequence[str], within_s: float, environ: Mapping[str, str] | None = None) -> Ran:
        """Run a program. The program and all child processes are killed after `within_s` seconds."""
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                errors="replace", env={**self.environ, **(environ or {})}, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            return Ran(None, error=f"{command[0]}: {error.strerror}")
        try:
            out, said = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            return Ran(None, timed_out=True)
        except BaseException:
            _kill(process)
            raise
        return Ran(process.returncode, out, said)


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill a program and all child processes: a child with an open pipe would block `communicate`."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired, ValueError):
        process.communicate(timeout=_ENDS_WITHIN_S)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


class _Timex(ctypes.Structure):
    """`struct timex` of Linux. With `modes` 0 the kernel only reports its state."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("constant", ctypes.c_long),
        ("precision", ctypes.c_long), ("tolerance", ctypes.c_long), ("time", ctypes.c_long * 2),
        ("tick", ctypes.c_long), ("ppsfreq", ctypes.c_long), ("jitter", ctypes.c_long), ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long), ("jitcnt", ctypes.c_long), ("calcnt", ctypes.c_long), ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long), ("tai", ctypes.c_int), ("padding", ctypes.c_int * 11),
    )  # fmt: skip
