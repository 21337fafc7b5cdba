"""Pairs of PX4 and MAVROS: every pair of the table, the refused ones, and the unknown ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import inf

import pytest

from blindspot.flight.preflight.checklist import Judged, Preflight
from blindspot.flight.preflight.computer_checks import on_board_checks
from blindspot.flight.preflight.preflight import checks
from blindspot.flight.route.mission_items import route_items
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Firmware
from blindspot.flight.watch.ladder import Situation
from blindspot.flight.watch.support import MATRIX, support
from blindspot.flight.watch.surroundings import Around, Computer

RELEASES = [(1, minor) for minor in (14, 15, 16, 17, 18)]


def px4(*version: int, kind: str = "release") -> Firmware:
    return Firmware("PX4", (*version, 0), kind)


def test_every_pair_is_listed_once():
    assert [(pair.px4, pair.mavros) for pair in MATRIX] == [(p, m) for m, p in product([(2, 12), (2, 13)], RELEASES)]
    assert all(pair.state in ("run", "recorded", "read", "refused") and pair.evidence for pair in MATRIX)


@pytest.mark.parametrize(
    ("firmware", "mavros", "state"),
    [
        (px4(1, 13), (2, 12, 0), "refused"), (px4(1, 14), (2, 12, 0), "read"), (px4(1, 15), (2, 12, 0), "run"),
        (px4(1, 17), (2, 12, 0), "recorded"), (px4(1, 18), (2, 12, 3), "read"), (px4(1, 19), (2, 12, 0), "not known"),
        (px4(2, 0), (2, 14, 0), "not known"), (px4(1, 18), (2, 13, 0), "read"), (px4(1, 18), (2, 21, 1), "read"),
        (px4(1, 17), (2, 11, 9), "not known"), (px4(1, 17), (3, 0, 0), "not known"), (px4(1, 17), (), "not known"),
        (Firmware("ArduPilot", (4, 5, 0), "release"), (2, 12, 0), "refused"),
    ],
)  # fmt: skip
def test_the_state_of_a_pair(firmware, mavros, state):
    assert support(firmware, mavros).state == state


@pytest.fixture
def read(vehicle, route, model, parked):
    def read(firmware, mavros, *, simulated):
        settings = FlightSettings(model, simulated=simulated)
        on_board = on_board_checks(lambda: 100.0, lambda _: Judged("fresh"), mavros, secured=True, signed_orders=True)
        vehicle.parameters["NAV_DLL_ACT"] = 0.0 if simulated else 2.0
        pending = checks(vehicle, route, route_items(route), settings, fix=False, on_board=on_board)
        run = Preflight(pending, to_the_end=True)
        around = Around(land_within_s=inf, computer=Computer(40.0))
        for stamp_s in (0.0, 60.0):
            evidence = replace(firmware, simulation=simulated) if firmware is not None else None
            seen = replace(parked, firmware=evidence, stamp_s=stamp_s)
            if run.step(Situation(seen, "ok", 0.0, route, settings, around)) is not None:
                break
        return {line.check: line for line in run.lines}

    return read


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("mavros", [(2, 12, 0), (2, 13, 1)])
def test_a_pair_of_the_table_flies(read, release, mavros):
    lines = read(px4(*release), mavros, simulated=False)
    assert [str(line) for line in lines.values() if not line.ok or line.remark] == []


@pytest.mark.parametrize(
    ("firmware", "mavros", "check"),
    [(px4(1, 19), (2, 12, 0), "firmware"), (px4(1, 17), (2, 11, 0), "MAVROS"), (px4(1, 17), (3, 0, 0), "MAVROS")],
)
def test_an_unknown_pair_is_refused_on_hardware_and_reported_in_simulation(read, firmware, mavros, check):
    assert not read(firmware, mavros, simulated=False)[check].ok
    evidence = read(firmware, mavros, simulated=True)[check]
    assert evidence.ok
    assert evidence.remark


def test_a_pair_that_is_known_to_be_wrong_is_refused_everywhere(read):
    for simulated in (False, True):
        assert (
            "counts on COM_FAIL_ACT_T, which is missing"
            in read(px4(1, 13), (2, 12, 0), simulated=simulated)["firmware"].todo
        )


def test_a_mavros_that_is_not_there_flies_only_the_embedded_simulation(read):
    assert "install MAVROS 2.12" in read(px4(1, 17), None, simulated=False)["MAVROS"].todo
    assert read(px4(1, 17), None, simulated=True)["MAVROS"].ok
    assert not read(None, (2, 12, 0), simulated=False)["MAVROS"].ok
