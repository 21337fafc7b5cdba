"""The failsafe ladder and its inputs: energy, wind, surroundings, time-outs, the pilot."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.flight.watch.computer import read_computer, sound_inputs
    from blindspot.flight.watch.connections import peers, peers_of
    from blindspot.flight.watch.energy import battery_for_route
    from blindspot.flight.watch.heartbeat import Heartbeat
    from blindspot.flight.watch.home_place import HomeOfTakeOff
    from blindspot.flight.watch.ladder import Situation, rows
    from blindspot.flight.watch.surroundings import CALM, Around, Other, hear_other, place_and_speed
    from blindspot.flight.watch.traffic import TRAFFIC_TOPIC, Traffic
    from blindspot.flight.watch.who_flies import is_by_failsafe
else:
    __getattr__, __all__ = open_door(__name__)
