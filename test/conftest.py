"""Fixtures that every room's tests share."""

from __future__ import annotations

import fcntl
import gc
import itertools
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from blindspot.stack.discovery import discovery_port

REPOSITORY = Path(__file__).resolve().parents[1]
CONFIG = REPOSITORY / "config"
_RUN = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
_DOMAINS = itertools.count()
OWN_DOMAINS, STACK_DOMAINS = range(1, 201), range(215, 233)
"""A stack never gets a domain in which a test of this process has been: what is left of its context still answers, and
would be another stack. Its domain's ports are none that Linux gives to any socket by chance: it is not there all the
time to keep them."""
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")  # no test's verdict depends on a time or on chance


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sitl", action="store_true", help="fly a real PX4 (SIH) and MAVROS too: half an hour")


@pytest.hookimpl(wrapper=True)  # around xdist, which reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """On several cores a file's tests stay together, for what they share, and whoever needs ROS is alone with its time:
    such tests run one after the other."""
    spared = pytest.mark.skip(reason="BLINDSPOT_THOROUGH=1 runs it")
    for item in items:
        if item.get_closest_marker("thorough") and not os.environ.get("BLINDSPOT_THOROUGH"):
            item.add_marker(spared)
        is_ros = {"ros_domain", "stack_domain"} & set(getattr(item, "fixturenames", ()))
        item.add_marker(pytest.mark.xdist_group("ros" if is_ros else item.path.name))
    yield
    if config.getoption("loadgroup", False) and any("@" not in item.nodeid for item in items):
        raise pytest.UsageError("this pytest-xdist can not group tests: see requirements/developer.in")


@contextmanager
def _new_domain(among: range) -> Iterator[int]:
    """The next domain that no other run on this machine has locked: two runs at once would hear each other."""
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
    """Whether nobody holds the port by which the domain's nodes find each other: a socket that was given it by chance
    makes them deaf."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        try:
            tried.bind(("", discovery_port(domain)))
        except OSError:
            return False
    return True


@pytest.fixture
def ros_domain() -> Iterator[int]:
    """A ROS domain that no test before and no other run uses: what is left of a context is still heard."""
    with _new_domain(OWN_DOMAINS) as domain:
        yield domain


@pytest.fixture(scope="session")
def stack_domain() -> Iterator[int]:
    """The ROS domain of the stacks that are started in processes of their own, one after the other."""
    with _new_domain(STACK_DOMAINS) as domain:
        yield domain


@pytest.fixture
def ros(ros_domain: int) -> Iterator[None]:
    """A ROS context of the test's own."""
    import rclpy

    rclpy.init(domain_id=ros_domain)
    yield
    rclpy.try_shutdown()
    gc.collect()  # nodes are cycles, and each context keeps eleven threads and its sockets until they are gone


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded and reference data; tests that need it are skipped, loudly, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"NOT TESTED: reference data is absent ({SHARED_DATA.name} beside the repository)")
    return SHARED_DATA


@pytest.fixture(scope="session")
def patrol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short mission: one drone of the crossroads, slowly over a corner of its perimeter."""
    config = tmp_path_factory.mktemp("town") / "config"
    shutil.copytree(CONFIG, config, ignore=shutil.ignore_patterns("nantes*"))
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


@pytest.fixture(scope="module")
def searched_little() -> Iterator[None]:
    """Plans that are searched for a tenth as long, for tests that ask whether they are sound, not how short."""
    from blindspot.planning.tours import tour_search

    with pytest.MonkeyPatch.context() as patch:
        for moves in ("MOVES_A_PICTURE", "MOVES_AGAIN_A_PICTURE"):
            patch.setattr(tour_search, moves, getattr(tour_search, moves) // 10)
        yield
