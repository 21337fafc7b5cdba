"""The processes of a running system: which there are, their parameters, their start and their end."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.stack.bringup import stack
    from blindspot.stack.parts.px4_logs import Px4Logs
    from blindspot.stack.parts.town_wide import OPERATIONS, ages_file
    from blindspot.stack.programs.dds import LOOPBACK, RADIO, refuse_other_transports, talks_by
    from blindspot.stack.programs.discovery import discovery_port
    from blindspot.stack.programs.fcu_url import USUAL_SERIAL, read_fcu_url
    from blindspot.stack.programs.processes import Operating, Options, Stack
    from blindspot.stack.service import how_to_install, service_files, usual_setups
    from blindspot.stack.supervised import Supervised
    from blindspot.stack.supervisor import Supervisor, pss_mb
else:
    __getattr__, __all__ = open_door(__name__)
