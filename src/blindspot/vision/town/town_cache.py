"""The cached town of a mission; `python -m blindspot.vision.town.town_cache MISSION` makes it in advance.

It is made in a separate process, so that the site's geometry never fills the memory of camera and detector.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from blindspot.core import BlindspotError, InputError, outputs
from blindspot.mission import Mission, load_mission, site_of
from blindspot.site import site_files
from blindspot.vision.town.seen_town import Town, town_of

MOST_TOWNS = 32
"""Towns that stay in the cache. Each evening has a town of its own, of 8 MB over the centre of Nantes."""
PATIENT_S, LIMIT_S = 5.0, 600.0
"""Time for another process to make a town before a line says so, and before it counts as stopped."""
_PACKAGE = Path(__file__).resolve().parents[2]
_MADE_BY = (
    *sorted((_PACKAGE / "site").rglob("*.py")),
    _PACKAGE / "mission" / "mission_site.py",
    _PACKAGE / "vision" / "town" / "seen_town.py",
)


def town_of_mission(mission: Mission, folder: Path | None = None) -> Town:
    """The town around a mission's perimeter, from the cache or newly made.

    The cache key is the hash of the site's files, the perimeter, the mission's time and the code that reads them. A
    change of any of them, or a broken file, makes the town anew. Of several processes that ask at the same time, one
    makes it and the others wait. The towns that were used last stay in the cache.

    Parameters
    ----------
    mission
        The mission.
    folder
        Cache folder; default `blindspot/towns` in the user's cache.

    Returns
    -------
    Town
        The town, ENU, m.

    Raises
    ------
    InputError
        If the mission's files are wrong, or the cache folder is not writable.
    """
    folder = folder or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "blindspot" / "towns"
    path = folder / f"{_digest(mission)[:24]}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / f"{path.stem}.lock").open("a+")
    except OSError as error:
        fix = "name a folder that may be written as XDG_CACHE_HOME"
        raise InputError(folder, "", f"can't keep the town ({error.strerror})", fix) from error
    with lock:
        _hold(lock, mission)
        with suppress(InputError):
            return _used(path)
        make_apart(mission, path)
        _forget_oldest(folder)
    return _used(path)


def _hold(lock: TextIO, mission: Mission) -> None:
    """Lock the open file, and write this process's number into it. Raises InputError after `LIMIT_S`: its holder may
    have been stopped."""
    for within_s in (PATIENT_S, LIMIT_S - PATIENT_S):
        try:
            outputs.lock_until(lock.fileno(), time.monotonic() + within_s, within_s, every_s=0.1)
        except OSError:
            lock.seek(0)
            holder = f"process {lock.read(20) or 'unknown'}"
            if within_s == PATIENT_S:
                print(f"{mission.path}: waits for its town, which {holder} makes", file=sys.stderr, flush=True)
        else:
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            return
    problem = f"the town can't be made: {holder} has held it for {LIMIT_S:.0f} s"
    raise InputError(mission.path, "site", problem, "end that process")


def _used(path: Path) -> Town:
    town = Town.load(path)
    with suppress(OSError):  # another user's cache
        os.utime(path)
    return town


def _forget_oldest(folder: Path) -> None:
    """Remove all towns except the last made or used towns; a standing stack flies over a new town each day."""
    with suppress(OSError):  # another process removed one at the same time
        towns = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns)
        for path in towns[:-MOST_TOWNS]:
            path.unlink()


def _digest(mission: Mission) -> str:
    digest = hashlib.sha256(f"{mission.file.earliest.isoformat()} {mission.file.latest_landing}".encode())
    for file in (*site_files(mission.site_dir), mission.perimeter_path, *_MADE_BY):
        content = file.read_bytes() if file.is_file() else b""  # a missing one is named when the town is made
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()


def make_apart(mission: Mission, path: Path) -> None:
    command = [sys.executable, "-P", "-m", "blindspot.vision.town.town_cache", str(mission.path), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not path.is_file():
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise InputError(mission.path, "site", f"the town can't be made ({reason[0].removeprefix('blindspot: ')})")


def make(mission_path: Path, path: Path) -> None:
    """Make the town file of a mission at `path`."""
    from blindspot.site import load_area

    mission = load_mission(mission_path)
    site = site_of(mission)
    town_of(site, load_area(mission.perimeter_path, site.frame)).save(path)


def main() -> int:
    try:
        if len(sys.argv) == 3:
            make(Path(sys.argv[1]), Path(sys.argv[2]))
        else:
            town_of_mission(load_mission(Path(sys.argv[1])))
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
