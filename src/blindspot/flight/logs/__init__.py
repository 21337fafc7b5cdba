"""The autopilot's log after a flight, and the calibration of a drone model by it."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.flight.logs.calibration import fit_energy
    from blindspot.flight.logs.flight_log import log_length_s, read_flight_log
else:
    __getattr__, __all__ = open_door(__name__)
