"""Checks of the computer: clock, disk, downloads of the set-up, GPU, cameras, serial ports."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from blindspot.core import InputError
from blindspot.doctor.findings import Finding
from blindspot.doctor.machine import Machine
from blindspot.stack import USUAL_SERIAL, read_fcu_url

EARLIEST, LATEST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MOST_CLOCK_ERROR_S = 1.0
LEAST_STORAGE_GB = 2.0
"""The limits of the pre-flight list."""
_ASKED_WITHIN_S = 15.0
_ALONE = "not synchronised with any time server"
_SET_CLOCK = "sudo timedatectl set-ntp true"


def clock(machine: Machine) -> Finding:
    now = datetime.fromtimestamp(machine.utc_s(), UTC)
    time = f"{now:%Y-%m-%d %H:%M} UTC"
    if not EARLIEST <= now <= LATEST:
        return Finding("broken", f"{time} can't be", _SET_CLOCK)
    return Finding("ok", time)


def clock_synchronised(machine: Machine) -> Finding:
    """Legal time is UTC, and pre-flight compares it with the autopilot's."""
    if machine.which("timedatectl") is not None:
        ran = machine.run(["timedatectl", "show", "-p", "NTPSynchronized", "--value"], _ASKED_WITHIN_S)
        if ran.out.strip() == "no":
            return Finding("broken", _ALONE, _SET_CLOCK)
    kernel = machine.clock()
    if kernel is None:
        return Finding("missing", "the kernel reports no clock state", "sudo apt-get install chrony")
    if not kernel.synchronised:
        return Finding("broken", _ALONE, f"sudo apt-get install chrony && {_SET_CLOCK}")
    if kernel.error_s > MOST_CLOCK_ERROR_S:
        problem = f"synchronised within {kernel.error_s:.1f} s, pre-flight allows {MOST_CLOCK_ERROR_S:g}"
        return Finding("broken", problem, "sudo chronyc makestep")
    return Finding("ok", f"synchronised, within {1e3 * kernel.error_s:.0f} ms")


def disk(machine: Machine) -> Finding:
    place = next((folder for folder in (machine.runs, *machine.runs.parents) if machine.is_folder(folder)), Path("/"))
    free_gb = machine.free_bytes(place) / 1e9
    if not machine.may_use(place):
        return Finding("broken", f"{place} can't be written by {machine.user}", f"sudo chown -R {machine.user} {place}")
    if free_gb < LEAST_STORAGE_GB:
        problem = f"{free_gb:.1f} GB free for {machine.runs}, pre-flight asks for {LEAST_STORAGE_GB:g}"
        return Finding("broken", problem, f"df -h {place}; du -sh {machine.runs}/*   # then remove what may go")
    return Finding("ok", f"{free_gb:.0f} GB free for {machine.runs}")


def detectors_model(machine: Machine) -> Finding:
    """Every model of config/models.yaml, checked by its hash."""
    listed = listed_files(machine, machine.law, "models")
    expected = {
        machine.law / model["file"] if "file" in model else machine.models / f"{name}.onnx": str(model["sha256"])
        for name, model in listed.items()
        if "sha256" in model
    }
    return _fetched(machine, expected, machine.models, "models", "blindspot.vision.models.model_setup")


def web_libraries(machine: Machine) -> Finding:
    expected: dict[Path, str] = {}
    for name, prefix in (("maplibre", ""), ("preact", "preact-"), ("htm", "htm-")):  # as the set-up names the files
        parts = [part for part in listed_files(machine, machine.config, "web", name).values() if isinstance(part, dict)]
        expected |= {machine.web / (prefix + Path(part["path"]).name): part["sha256"] for part in parts}
    return _fetched(machine, expected, machine.web, "web", "blindspot.coverage.maps.map_library")


def listed_files(machine: Machine, folder: Path, name: str, *path: str) -> dict[str, dict[str, str]]:
    import yaml

    found = yaml.safe_load(machine.read(folder / f"{name}.yaml"))
    for key in path or (name,):
        found = found[key]
    return dict(found)


def _fetched(machine: Machine, expected: dict[Path, str], folder: Path, kind: str, brings: str) -> Finding:
    """Compare fetched files with their hashes. The fix removes the whole folder, so that set-up fetches it again. A
    folder that the user named by an environment variable is kept."""
    named = f"BLINDSPOT_{kind.upper()}"
    afresh = f"{machine.python} -m {brings} --into {folder}"
    if machine.environ.get(named):
        afresh = f"unset {named} && ./blindspot setup"
    elif machine.root is not None:
        afresh = f"rm -rf {machine.root / '.cache' / kind} && ./blindspot setup"
    absent = [path.name for path in expected if not machine.is_file(path)]
    if absent:
        return Finding("missing", f"{', '.join(absent)} not in {folder}", afresh)
    other = [path.name for path, sha in expected.items() if hashlib.sha256(machine.read(path)).hexdigest() != sha]
    if other:
        return Finding("broken", f"{', '.join(other)}: not the file that is allowed (its SHA-256 differs)", afresh)
    return Finding("ok", f"{', '.join(path.name for path in expected)}: hash as allowed")


def gpu(machine: Machine) -> Finding:
    """An optional GPU: the detector and the renderer run on a CPU, and Gazebo draws faster with a GPU."""
    ask = "from blindspot.core.silent_onnxruntime import onnxruntime; print(*onnxruntime().get_available_providers())"
    providers = machine.run([machine.python, "-P", "-c", ask], _ASKED_WITHIN_S).out.split()
    runtime = "onnxruntime: " + (", ".join(name.removesuffix("ExecutionProvider") for name in providers) or "none")
    nodes = machine.glob("/dev/dri/renderD*")
    if not nodes:
        return Finding("missing", f"no /dev/dri/renderD*; {runtime}", "# nothing needs one: everything runs on the CPU")
    closed = [node for node in nodes if not machine.may_use(node)]
    if closed:
        return Finding("broken", f"{closed[0]} is closed to {machine.user}; {runtime}", _join_group(machine, closed[0]))
    return Finding("ok", f"{', '.join(map(str, nodes))}; {runtime}")


def egl(machine: Machine) -> Finding:
    """EGL, with which Gazebo's cameras draw, even on a machine that has no display."""
    ran = machine.run([machine.python, "-P", "-c", "import ctypes; ctypes.CDLL('libEGL.so.1')"], _ASKED_WITHIN_S)
    if ran.code != 0:
        return Finding("missing", f"libEGL.so.1: {ran.why}", "sudo apt-get install libegl1 libgl1-mesa-dri")
    return Finding("ok", "libEGL.so.1")


def camera(machine: Machine) -> Finding:
    """A local camera for the mode `hardware`. A network camera needs none of these devices."""
    found = machine.glob("/dev/video*")
    if not found:
        return Finding("missing", "no /dev/video*", "# plug it in; a CSI camera needs its overlay")
    closed = [device for device in found if not machine.may_use(device)]
    if closed:
        return Finding("broken", f"{closed[0]} is closed to {machine.user}", _join_group(machine, closed[0]))
    return Finding("ok", ", ".join(map(str, found)))


def serial(machine: Machine) -> Finding:
    """The autopilot's serial port: the port of `fcu_url`, otherwise the usual port."""
    try:
        link = read_fcu_url(machine.fcu_url or USUAL_SERIAL)
    except InputError as error:
        return Finding("broken", error.problem, f"# {error.fix}")
    if link.device is None:
        return Finding("ok", f"{machine.fcu_url} needs no port")
    others = [*machine.glob("/dev/ttyACM*"), *machine.glob("/dev/ttyUSB*")]
    if link.device not in others and not machine.glob(str(link.device)):
        if others:
            seen = f"{link.device} is not there, but {', '.join(map(str, others))}"
            return Finding("missing", seen, f"blindspot doctor --mode hardware --fcu-url serial://{others[0]}:921600")
        problem = f"no {link.device}: no autopilot on a cable, or none that is switched on"
        return Finding("missing", problem, "# plug it in; over a network: --fcu-url udp://:14540@HOST:14580")
    if not machine.may_use(link.device):
        return Finding("broken", f"{link.device} is closed to {machine.user}", _join_group(machine, link.device))
    return Finding("ok", f"{link.device}, open to {machine.user}")


def _join_group(machine: Machine, device: Path) -> str:
    group = machine.group_of(device) or "dialout"
    return f"sudo usermod -aG {group} {machine.user}   # then log in again"
