"""The flight logs of a simulated PX4, kept with the run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from blindspot.core import inside
from blindspot.stack.programs.log_files import log_files

PROGRAM = "px4_"
"""Start of a PX4 process's name in a stack; the drone's name follows."""
_OPENED = re.compile(r"\[logger\] Opened full log file: (\S+\.ulg)")


class Px4Logs:
    """A context manager around a supervised stack: moves each PX4's logs into the folders of the runs.

    A folder's first log of a drone is `<drone>.ulg`, the log of the second arming `<drone>-2.ulg`. On exit the logs of
    no run are moved into `stack_dir`. `report` is called with a sentence for each log that can't be moved.
    """

    def __init__(self, stack_dir: Path, report: Callable[[str], object]) -> None:
        self._stack_dir, self._report = stack_dir, report
        self._folders: dict[str, Path] = {}
        self._taken: dict[str, set[str]] = {}
        """By drone: the names of the logs that were moved."""

    def __enter__(self) -> Px4Logs:
        return self

    def __exit__(self, *_: object) -> None:
        self.keep(self._stack_dir, self._folders)

    def find(self, pids: Mapping[str, int]) -> None:
        """Note the working folder of each PX4; `pids` are the started processes of a stack by name.

        PX4 chooses the folder, and each package of PX4 chooses another folder.
        """
        for name, pid in pids.items():
            if name.startswith(PROGRAM):
                with suppress(OSError):  # it has died
                    self._folders[name.removeprefix(PROGRAM)] = Path(f"/proc/{pid}/cwd").readlink()

    def keep(self, run_dir: Path, drones: Iterable[str]) -> None:
        """Move the logs that these drones' PX4s have opened since the last call. Call this function at the end of a
        run: PX4 closes a log at the disarming."""
        for drone in drones:
            if drone in self._folders:
                self._keep(drone, self._folders[drone], run_dir)

    def _keep(self, drone: str, folder: Path, run_dir: Path) -> None:
        """Move the files named in PX4's output; PX4's folder also holds files of other stacks."""
        log = inside(self._stack_dir / "log", f"{PROGRAM}{drone}.log")
        said = "".join(file.read_text(encoding="utf-8", errors="replace") for file in log_files(log))
        taken = self._taken.setdefault(drone, set())
        new = [name for name in dict.fromkeys(_OPENED.findall(said)) if name not in taken]
        taken.update(new)
        for number, name in enumerate(new, start=1):
            kept = inside(run_dir, f"{drone}.ulg" if number == 1 else f"{drone}-{number}.ulg")
            try:
                shutil.move(folder / name, kept)
            except OSError as error:
                self._report(f"{drone}'s log {folder / name} can't be kept: {error.strerror}")
