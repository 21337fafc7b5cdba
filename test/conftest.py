"""Fixtures that every room's tests share."""

from __future__ import annotations

import faulthandler
import fcntl
import gc
import itertools
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from test.factories import plan_file, quicken

from blindspot.stack.programs.discovery import discovery_port

REPOSITORY = Path(__file__).resolve().parents[1]
CONFIG = REPOSITORY / "config"
_RUN = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
_DOMAINS = itertools.count()
OWN_DOMAINS, STACK_DOMAINS = range(1, 201), range(215, 232)
"""ROS domains of tests and of stacks. The ranges are disjoint: the remains of a test's context still answer in its
domain, and would look like another stack. The ports of a stack's domain are outside the range from which Linux assigns
ports at random, since a stack does not hold its ports all the time. Domain 232 is that of `bench console`."""
YIELDING, MOST_THREADS = 10, 300
"""Niceness of tests that wait for no other process; threads of a process that runs tests of nodes."""
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")  # verdicts are independent of time and chance


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sitl", action="store_true", help="fly a real PX4 (SIH) and MAVROS too: half an hour")
    parser.addoption("--write-transcripts", action="store_true", help="write printed texts anew in place of a check")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """All that a collection makes lives as long as its process. The search for garbage leaves it out, here and in each
    test: it takes a tenth of the collection otherwise."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """The processes of a run import a test file one after the other: the first rewrites the asserts, which takes longer
    than all the rest of an import, and the others read the result."""
    if not isinstance(collector, pytest.Module):
        return (yield)
    with collector.path.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return (yield)


@pytest.hookimpl(wrapper=True)  # around xdist, which reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """On several cores, the tests of a file stay together, since they share fixtures. Tests of nodes run one after the
    other in two groups, since they wait for most of their time, and tests of whole stacks in one: more of them at once
    would disturb their timing. The groups that take longest begin first, so that no process works alone at the end."""
    spared = pytest.mark.skip(reason="BLINDSPOT_THOROUGH=1 runs it")
    groups: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("thorough") and not os.environ.get("BLINDSPOT_THOROUGH"):
            item.add_marker(spared)
        needs = set(getattr(item, "fixturenames", ()))
        if "stack_domain" in needs:
            group = "stacks"
        elif "ros_domain" in needs:
            group = "node_rooms" if item.path.parent.parent.name == "node" else "nodes"
        else:
            group = item.path.name
        item.add_marker(pytest.mark.xdist_group(group))
        groups[group].append(item)
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = [
            item for group in sorted(groups, key=lambda name: _rank(name, groups[name])) for item in groups[group]
        ]
    yield
    if config.getoption("loadgroup", False) and any("@" not in item.nodeid for item in items):
        raise pytest.UsageError("this pytest-xdist can not group tests: see requirements/developer.in")


def _rank(group: str, items: list[pytest.Item]) -> tuple[int, int]:
    """Stacks and nodes first, then files with slow tests, then files with more tests before those with fewer."""
    runs = [item for item in items if not item.get_closest_marker("skip")]
    is_slow = any(item.get_closest_marker("slow") for item in runs)
    return {"stacks": 0, "node_rooms": 1, "nodes": 2}.get(group, 3 if is_slow else 4), -len(runs)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Nodes and stacks wait for messages. On few cores the other tests of a parallel run let them go first.

    Without the right to a higher priority, a worker keeps the lower one.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        waits = {"ros_domain", "stack_domain"} & set(getattr(item, "fixturenames", ()))
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, 0 if waits else YIELDING)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """A test that interrupts its own worker fails. Otherwise the whole parallel run would end without a word of it."""
    try:
        return (yield)
    except KeyboardInterrupt as interrupt:
        if "PYTEST_XDIST_WORKER" not in os.environ:
            raise
        raise AssertionError("KeyboardInterrupt reached pytest") from interrupt


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """No test leaves its handler of a signal to the next one."""
    handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in handled]
    yield
    left = [number for number, handler in zip(handled, before, strict=True) if signal.getsignal(number) != handler]
    for number, handler in zip(handled, before, strict=True):
        signal.signal(number, handler)
    assert not left, f"the test leaves its handlers of {left}"


def pytest_sessionstart() -> None:
    """pytest prints the stack of a process that crashes. Commands and nodes under test in this process leave that as it
    is, and do not end the process after a time of their own: its last words would be lost in a test's output.
    `./blindspot` starts with Ctrl-C blocked, and a test that sends it to its own process would wait for ever."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for name in ("enable", "dump_traceback_later"):
        setattr(faulthandler, name, lambda *_, **__: None)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Print how a worker died, which xdist leaves out: -9 is SIGKILL, -11 a crash, 1 an exit past pytest."""
    if error:
        status: object = "unknown: it still runs"
        with suppress(subprocess.TimeoutExpired):
            status = node.gateway._io.popen.wait(30.0)
        node.config.get_terminal_writer().line(f"\n{node.gateway.id} ended with status {status}")


@contextmanager
def _new_domain(among: range) -> Iterator[int]:
    """The next domain that is free of locks by other runs on this machine: two runs in one domain receive each other's
    messages."""
    locks = Path(tempfile.gettempdir()) / f"blindspot-ros-domains-{os.getuid()}"
    locks.mkdir(exist_ok=True)
    while True:
        domain = among[(_RUN + next(_DOMAINS)) % len(among)]
        if not _is_quiet(domain):
            continue
        with (locks / str(domain)).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield domain
            return


def _is_quiet(domain: int) -> bool:
    """Whether the discovery port of the domain is free. A socket that received it by chance would block discovery
    between the domain's nodes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        try:
            tried.bind(("", discovery_port(domain)))
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Makes an object that all processes of a run share, `made_once("plan", make)`: the first that asks makes it."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder

    def made(name: str, make: Callable[[], Any]) -> Any:
        path = folder / f"{name}.pickle"
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                whole = path.with_suffix(".new")
                whole.write_bytes(pickle.dumps(make()))
                whole.replace(path)
        return pickle.loads(path.read_bytes())

    return made


@pytest.fixture(scope="session", autouse=True)
def _kernels(made_once: Callable[..., Any]) -> None:
    """One process of a parallel run compiles the planner's kernels and makes the plan that most tests share. The others
    wait for it: on a new machine each of them would compile for a minute."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        from blindspot.mission.mission_file import load_mission
        from blindspot.planning.planner import make_plan

        made_once("plan", lambda: make_plan(load_mission(CONFIG / "missions" / "crossroads.yaml")))


NOBODY = 65534
_AS_NOBODY = (
    "import fcntl, os, socket, sys, time; os.setgroups([]); os.setgid({0}); os.setuid({0}); sys.path.clear(); {1}"
)


@pytest.fixture
def as_nobody() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python code as another user of the computer, with its arguments in `sys.argv` and its words in a pipe."""
    if os.getuid() != 0:
        pytest.skip("NOT TESTED: only root can act as another user")
    with ExitStack() as started:

        def start(code: str, *words: object) -> subprocess.Popen[str]:
            command = [sys.executable, "-I", "-c", _AS_NOBODY.format(NOBODY, code), *map(str, words)]
            process = subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, text=True)
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield start


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the computer may enter; those of pytest serve one user."""
    with tempfile.TemporaryDirectory(prefix="blindspot-test-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def ros_domain() -> Iterator[int]:
    """A new ROS domain, unused by earlier tests and other runs: the remains of a context still send messages."""
    with _new_domain(OWN_DOMAINS) as domain:
        yield domain


@pytest.fixture(scope="session")
def stack_domain() -> Iterator[int]:
    """The ROS domain of the stacks, which run in their own processes, one after the other."""
    with _new_domain(STACK_DOMAINS) as domain:
        yield domain


@pytest.fixture
def ros(ros_domain: int) -> Iterator[None]:
    """A ROS context of the test's own."""
    import rclpy

    # Nodes are cycles, and each context keeps eleven threads and its sockets until they are gone. pytest holds those of
    # a test until its end, so the next test collects them. It leaves out all that is older, since that takes as long as
    # a test, until threads that ended late have kept too many.
    if len(list(Path("/proc/self/task").iterdir())) > MOST_THREADS:
        gc.unfreeze()
    gc.collect()
    gc.freeze()
    rclpy.init(domain_id=ros_domain)
    yield
    rclpy.try_shutdown()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded and reference data; tests that need it are skipped with a message if it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"NOT TESTED: reference data is absent ({SHARED_DATA.name} beside the repository)")
    return SHARED_DATA


@pytest.fixture(scope="session")
def patrol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short mission: one drone of the crossroads flies slowly over a corner of its perimeter."""
    config = tmp_path_factory.mktemp("town") / "config"
    shutil.copytree(CONFIG, config, ignore=shutil.ignore_patterns("nantes*"))
    quicken(config / "drones" / "reference.yaml")
    missions = config / "missions"
    west, east, south, north = 1.9992, 2.0008, 46.9996, 47.0006
    ring = [[east, south], [east, north], [west, north], [west, south], [east, south]]
    area = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (missions / "corner.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    text = (missions / "crossroads.yaml").read_text()
    text = text.replace("max_speed_mps: 6.0", "max_speed_mps: 4.0")  # long enough on the way for what tests do to it
    text = text.replace("crossroads_perimeter.geojson", "corner.geojson").replace(
        "  - {name: drone2, model: reference, pad: south}\n", ""
    )
    (missions / "corner.yaml").write_text(text)
    return missions / "corner.yaml"


@pytest.fixture(scope="session")
def recorded(patrol: Path) -> Path:
    """The same mission, recorded on board."""
    path = patrol.with_name("recorded.yaml")
    path.write_text(f"{patrol.read_text()}\nrecord: true\n")
    return path


@pytest.fixture(scope="session")
def planned(patrol: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Options that let the short mission fly an existing plan, for the many tests outside the planner."""
    return "--plan", str(plan_file(patrol, tmp_path_factory.mktemp("planned")))
