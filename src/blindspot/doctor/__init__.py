"""The command `doctor`: lists missing or misconfigured components of this machine, and the command for each repair.

Every check is a function of a `Machine`, so that a test can break any part of it.
ROS and the libraries may be broken, so the checks try both in separate processes: `probe` and
`nodes/clients/picture_probe`. Read in this order: `findings`, `machine`, the checks (`ros`, `transport`, `autopilot`,
`computer`), `checks` with all checks in order, `report`.
"""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.doctor.checks import MODES, checks_for
    from blindspot.doctor.findings import lacking, look
    from blindspot.doctor.machine import Machine
    from blindspot.doctor.report import document_of, print_table, print_verdicts
else:
    __getattr__, __all__ = open_door(__name__)
