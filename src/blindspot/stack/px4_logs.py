"""The logs that a simulated PX4 writes of its flights, kept with the run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from blindspot.core import inside

PROGRAM = "px4_"
"""A stack's PX4 is named so, and then by its drone."""
_OPENED = re.compile(r"\[logger\] Opened full log file: (\S+\.ulg)")


class Px4Logs:
    """A context manager around a supervised stack: leaving moves what each PX4 logged into `run_dir`, as `<drone>.ulg`,
    then `<drone>-2.ulg` for the next time that it armed, and `tell`s what can't be kept."""

    def __init__(self, run_dir: Path, tell: Callable[[str], object]) -> None:
        self._run_dir, self._tell = run_dir, tell
        self._folders: dict[str, Path] = {}

    def __enter__(self) -> Px4Logs:
        return self

    def __exit__(self, *_: object) -> None:
        for drone, folder in self._folders.items():
            self._keep(drone, folder)

    def find(self, pids: Mapping[str, int]) -> None:
        """Note where each PX4 works, of the processes of a stack by name, once they are up. PX4 chooses it by itself,
        and otherwise in each of its packages."""
        for name, pid in pids.items():
            if name.startswith(PROGRAM):
                with suppress(OSError):  # it has died
                    self._folders[name.removeprefix(PROGRAM)] = Path(f"/proc/{pid}/cwd").readlink()

    def _keep(self, drone: str, folder: Path) -> None:
        """PX4 said itself which files it wrote in this run: its folder has those of other runs, too."""
        log = inside(self._run_dir / "log", f"{PROGRAM}{drone}.log")
        said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        for number, name in enumerate(_OPENED.findall(said), start=1):
            kept = inside(self._run_dir, f"{drone}.ulg" if number == 1 else f"{drone}-{number}.ulg")
            try:
                shutil.move(folder / name, kept)
            except OSError as error:
                self._tell(f"{drone}'s log {folder / name} can't be kept: {error.strerror}")
