"""The pre-flight list of a route."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from blindspot.flight.preflight.checklist import Preflight
from blindspot.flight.preflight.preflight import checks
from blindspot.flight.route.mission_items import route_items
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.watch.ladder import Situation
from blindspot.flight.watch.surroundings import Around, Computer

GIVEN = ("GF_ACTION=3", "GF_MAX_VER_DIST=70", "RTL_RETURN_ALT=60", "RTL_TYPE=0")
"""The parameters that the plan gives."""
ANY_TIME = Around(land_within_s=inf)
COOL = replace(ANY_TIME, computer=Computer(temperature_c=40.0))


class List:
    """The list of a route, read at a time of the test's choice."""

    def __init__(self, vehicle, route, settings, *, fix=False, on_board=(), to_the_end=False) -> None:
        self.route, self.settings = route, settings
        self.run = Preflight(
            checks(vehicle, route, route_items(route), settings, fix=fix, on_board=on_board), to_the_end=to_the_end
        )

    def read(self, seen, lease="ok", camera_silent_s=0.0, around=None):
        return self.run.step(Situation(seen, lease, camera_silent_s, self.route, self.settings, around or ANY_TIME))

    def read_in_vain(self, seen, lease="ok", camera_silent_s=0.0):
        """The problem of what stays as it is."""
        assert self.read(seen, lease, camera_silent_s) is None
        return self.read(replace(seen, stamp_s=seen.stamp_s + 60.0), lease, camera_silent_s)


@pytest.fixture
def make(vehicle, route, settings):
    def make(changed=None, **options):
        return List(vehicle, changed or route, options.pop("settings", settings), **options)

    return make


@pytest.fixture(scope="session")
def simulated(model):
    return FlightSettings(model, simulated=True)


def with_failsafe(route, **changes):
    return route.model_copy(update={"failsafe": route.failsafe.model_copy(update=changes)})
