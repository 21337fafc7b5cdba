"""The logs that a simulated PX4 writes of its flights, kept with the run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from blindspot.core import inside
from blindspot.stack.log_files import log_files

PROGRAM = "px4_"
"""Start of a PX4 process's name in a stack; the drone's name follows."""
_OPENED = re.compile(r"\[logger\] Opened full log file: (\S+\.ulg)")


class Px4Logs:
    """A context manager around a supervised stack: on exit it moves each PX4's logs into `run_dir`.

    The first log is `<drone>.ulg`, the log of the second arming `<drone>-2.ulg`. `tell` is called with a sentence for
    each log that can't be moved.
    """

    def __init__(self, run_dir: Path, tell: Callable[[str], object]) -> None:
        self._run_dir, self._report = run_dir, tell
        self._folders: dict[str, Path] = {}

    def __enter__(self) -> Px4Logs:
        return self

    def __exit__(self, *_: object) -> None:
        for drone, folder in self._folders.items():
            self._keep(drone, folder)

    def find(self, pids: Mapping[str, int]) -> None:
        """Note the working folder of each PX4; `pids` are the started processes of a stack by name.

        PX4 chooses its folder by itself, and each of its packages chooses another.
        """
        for name, pid in pids.items():
            if name.startswith(PROGRAM):
                with suppress(OSError):  # it has died
                    self._folders[name.removeprefix(PROGRAM)] = Path(f"/proc/{pid}/cwd").readlink()

    def _keep(self, drone: str, folder: Path) -> None:
        """Move the files that PX4 named on its output in this run; its folder also holds files of other runs."""
        log = inside(self._run_dir / "log", f"{PROGRAM}{drone}.log")
        said = "".join(file.read_text(encoding="utf-8", errors="replace") for file in log_files(log))
        for number, name in enumerate(_OPENED.findall(said), start=1):
            kept = inside(self._run_dir, f"{drone}.ulg" if number == 1 else f"{drone}-{number}.ulg")
            try:
                shutil.move(folder / name, kept)
            except OSError as error:
                self._report(f"{drone}'s log {folder / name} can't be kept: {error.strerror}")
