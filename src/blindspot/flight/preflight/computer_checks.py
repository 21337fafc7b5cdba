"""The checks of the companion computer: MAVROS, temperature, disk, zones, graph and broadcast."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isfinite

from blindspot.flight.preflight.checklist import Check, Judged
from blindspot.flight.route.time_limits import time_limit_s
from blindspot.flight.watch.ladder import Situation
from blindspot.flight.watch.support import Pair, support

REMOTE_ID_WITHIN_S = 20.0
FLEET_WITHIN_S = 10.0
"""Time for a lease of the ground station, and for the facts of the drone."""
FORGOTTEN_S = 30.0
"""DDS forgets a killed process 20 s after its last message."""
LEAST_STORAGE_GB = 2.0
ON_BOARD = (
    "MAVROS", "temperature", "storage", "geozones", "ROS graph", "orders", "fleet file", "remote ID", "flight_control",
)  # fmt: skip
"""Names of all checks of the computer, in order."""
OPEN_GRAPH = (
    "each process on this network can command the autopilot and forge what nodes report: isolate the network, or use "
    "enclaves of SROS 2"
)
UNSIGNED_ORDERS = (
    "each process on this network can order a flight in any person's name: give the pilots keys in the fleet file"
)


def on_board_checks(
    free_gb: Callable[[], float], geozones: Callable[[float], Judged], mavros: tuple[int, ...] | None,
    *, remote_id: Callable[[], Judged] | None = None, secured: bool = False, signed_orders: bool = False,
    others: Callable[[], int] | None = None, fleets: Callable[[], tuple[str, str]] | None = None,
) -> tuple[Check, ...]:  # fmt: skip
    """Checks of the companion computer: MAVROS, temperature, space for recordings, authorised zones, the ROS graph, the
    signatures of orders, and the sent remote identification.

    `geozones` judges the zones for a flight of so many seconds: the time after which the route is given up. `mavros`
    is the version of MAVROS, `None` if unknown. `secured` means that this process joins the graph through SROS 2 alone,
    `signed_orders` that the fleet file names keys. `others` counts the drone's other flight_controls.
    `fleets` returns the hashes of the fleet file on the ground station and on the drone, "" if unknown.
    """
    return (
        Check("MAVROS", partial(_mavros, mavros)),
        Check("temperature", _temperature),
        Check("storage", lambda *_: _storage(free_gb())),
        Check("geozones", lambda s, _: geozones(time_limit_s("en_route", s.route, s.settings))),
        Check("ROS graph", partial(_graph, secured)),
        Check("orders", partial(_orders, signed_orders)),
        *([Check("fleet file", partial(_fleet_file, fleets), within_s=FLEET_WITHIN_S)] if fleets is not None else []),
        *([Check("remote ID", lambda *_: remote_id(), within_s=REMOTE_ID_WITHIN_S)] if remote_id is not None else []),
        *([Check("flight_control", partial(_only_one, others), within_s=FORGOTTEN_S)] if others is not None else []),
    )


def paired(value: str, pair: Pair, s: Situation) -> Judged:
    """The check of a version by the matrix of support: an unknown pair is refused on hardware, and is a remark in a
    simulation."""
    if pair.refused or (not pair.known and not s.settings.simulated):
        return Judged(value, pair.evidence)
    return Judged(value, remark="" if pair.known else pair.evidence)


def _mavros(version: tuple[int, ...] | None, s: Situation, _: float) -> Judged:
    """The embedded simulation runs without MAVROS."""
    if version is None:
        return Judged(
            "not on this computer",
            ""
            if s.settings.simulated
            else "install MAVROS 2.12 or newer on the "
            "computer that flies, and source it: an unknown version flies no real drone",
        )
    value, found = ".".join(map(str, version)), s.seen.firmware
    if found is None:
        return Judged(value, "wait for the firmware: they must go together")
    return paired(f"{value} with {found}", support(found, version), s)


def _temperature(s: Situation, _: float) -> Judged:
    """The ladder's limit, before the flight; a computer of unknown temperature fails."""
    if s.settings.simulated or s.settings.computer_hot_c <= 0.0:
        return Judged("not watched")
    now_c, most_c = s.around.computer.temperature_c, s.settings.computer_hot_c
    if not isfinite(now_c):
        return Judged(
            "this computer reports none",
            "add a sensor that psutil finds, or set computer_hot_c: 0.0 in "
            "config/params/hardware.yaml and watch the temperature yourself",
        )
    return Judged(f"{now_c:.0f} C", "" if now_c <= most_c else f"let it cool: at most {most_c:g} C are allowed")


def _graph(secured: bool, s: Situation, _: float) -> Judged:
    """A warning, since an isolated network is a lawful choice too; the row "link" judges MAVLink."""
    if secured:
        return Judged("encrypted, each process authenticated (SROS 2 enforced)")
    if s.settings.simulated:
        return Judged("open, a simulation's own")
    return Judged("open", remark=OPEN_GRAPH)


def _only_one(others: Callable[[], int], s: Situation, _: float) -> Judged:
    """Two would both obey each goal and each order. On one computer the second does not start."""
    if s.settings.simulated or not (more := others()):
        return Judged("the only one")
    return Judged(f"{1 + more} processes publish this drone's status", "end the others, on other computers too")


def _orders(signed: bool, s: Situation, _: float) -> Judged:
    """A warning, as for an open graph: the law and the leases hold for each order."""
    if signed:
        return Judged("each flight needs the signature of a pilot")
    return Judged("unsigned", remark="" if s.settings.simulated else UNSIGNED_ORDERS)


def _fleet_file(fleets: Callable[[], tuple[str, str]], s: Situation, _: float) -> Judged:
    """With another file a drone would obey a key that the ground station has taken out."""
    if s.settings.simulated:
        return Judged("a simulation's own")
    ground, drone = fleets()
    if not (ground and drone):
        missing = "the ground station" if not ground else "the drone"
        return Judged(f"unknown of {missing}", "start both parts of the stack again, with the same version")
    if ground != drone:
        fix = "copy the fleet file from the ground station to each drone's computer, and start both parts again"
        return Judged(f"{drone[:12]} on the drone, {ground[:12]} on the ground station", fix)
    return Judged(f"{ground[:12]}, the same on the ground station and on the drone")


def _storage(free_gb: float) -> Judged:
    found = f"{free_gb:.1f} GB free" if isfinite(free_gb) else "the disk can't be read"
    return Judged(found, "" if free_gb >= LEAST_STORAGE_GB else f"make room: {LEAST_STORAGE_GB:g} GB are needed")
