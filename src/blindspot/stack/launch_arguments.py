"""The arguments of a launch, read from texts into options of the stack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from blindspot.core import InputError
from blindspot.stack.programs.launch_table import LEAST_SPEED, MOST_SPEED, Mode, arguments_of
from blindspot.stack.programs.processes import Operating, Options


def read_arguments(mode: Mode, given: Mapping[str, str]) -> tuple[Path | None, Options]:
    """Fleet file and options; `given` holds every argument of the mode. Raises InputError for an unusable value.

    A mission file stands for the fleet if no fleet is named.
    """
    fleet, mission = _path(given.get("fleet", "")), _path(given.get("mission", ""))
    autostart = _is_true("autostart", given.get("autostart", "false"))
    if fleet and mission and not autostart:
        problem = f"{mission.name} is not flown by the start of a fleet"
        raise InputError(
            "mission", "", problem, "leave it out and give the order with blindspot fly, or set autostart:=true"
        )
    options = Options(
        run_dir=_run_dir(given["run_dir"], fleet or mission),
        speed_factor=_speed(given.get("speed_factor", "1")),
        fcu_url=given.get("fcu_url", ""),
        camera=given.get("camera", ""),
        calibration=_path(given.get("calibration", "")),
        world=given.get("world", ""),
        headless=_is_true("headless", given.get("headless", "true")),
        autostart=autostart,
        mission=mission,
        operation=_operating(given),
        console=_is_true("console", given.get("console", "true")),
        standing=True,
        part=given.get("part", "all"),
        drone=given.get("drone", ""),
        peer=given.get("peer", ""),
        lease_key=_path(given.get("lease_key", "")),
        params_file=_path(given.get("params_file", "")),
        log_level=given.get("log_level", ""),
    )
    return fleet or mission, options


def written_for(mode: Mode, fleet: Path, options: Options) -> dict[str, str]:
    """The arguments by which a launch of this mode reads this fleet and these options, without the empty ones.

    The folder of the stack is left out, since each start has a folder of its own; and the console, which every launch
    serves.

    Example
    -------
    >>> fleet, options = Path("/srv/fleet.yaml"), Options(Path("runs"), part="drone", drone="drone2")
    >>> written_for("hardware", fleet, options)
    {'fleet': '/srv/fleet.yaml', 'part': 'drone', 'drone': 'drone2'}
    """
    flown = options.operation
    beside = {"fleet": fleet, "operation": flown and flown.file, "library": flown and flown.library}
    beside |= {"run_dir": None, "console": None}
    values = {name: beside[name] if name in beside else getattr(options, name) for name in arguments_of(mode)}
    return {name: _written(value) for name, value in values.items() if value not in (None, "")}


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.absolute() if isinstance(value, Path) else value)


def _operating(given: Mapping[str, str]) -> Operating | None:
    file, library = _path(given.get("operation", "")), _path(given.get("library", ""))
    if file is None:
        if library is not None:
            raise InputError("library", "", "goes with operation", "name an operation, or leave it out")
        return None
    if given.get("part") == "drone":
        raise InputError("operation", "", "is for the ground station", "leave it out on a drone's computer")
    if library is None or not library.is_dir():
        problem = "is missing" if library is None else f"{library} is no folder"
        raise InputError("library", "", problem, f"make it: blindspot operation plan {file}")
    return Operating(file, library)


def _path(text: str) -> Path | None:
    """The absolute path, since the reading process may run in another folder."""
    return Path(text).absolute() if text else None


def _run_dir(given: str, fleet: Path | None) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    run_dir = Path(given) if given else Path("runs") / f"{stamp}-{fleet.stem if fleet else 'launch'}"
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(run_dir, "run_dir", f"can't be made ({error.strerror})", "name another folder") from error
    return run_dir.resolve()


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError as error:
        raise InputError("speed_factor", "", f"{text} is no number") from error
    if not LEAST_SPEED <= speed <= MOST_SPEED:
        fix = f"it may be {LEAST_SPEED:g} to {MOST_SPEED:g}"
        raise InputError("speed_factor", "", f"{text} can't be asked for", fix)
    return speed


def _is_true(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise InputError(name, "", f"{text} is neither true nor false")
    return text.lower() == "true"
