"""The processes of a running system: which there are, their parameters, their start and their end."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.stack.bringup import stack as stack
    from blindspot.stack.dds import (
        LOOPBACK as LOOPBACK,
        RADIO as RADIO,
        refuse_other_transports as refuse_other_transports,
        talks_by as talks_by,
    )
    from blindspot.stack.discovery import discovery_port as discovery_port
    from blindspot.stack.fcu_url import USUAL_SERIAL as USUAL_SERIAL, read_fcu_url as read_fcu_url
    from blindspot.stack.parts.px4_logs import Px4Logs as Px4Logs
    from blindspot.stack.parts.town_wide import OPERATIONS as OPERATIONS, ages_file as ages_file
    from blindspot.stack.processes import Operating as Operating, Options as Options, Stack as Stack
    from blindspot.stack.service import (
        how_to_install as how_to_install,
        service_files as service_files,
        usual_setups as usual_setups,
    )
    from blindspot.stack.supervised import Supervised as Supervised
    from blindspot.stack.supervisor import Supervisor as Supervisor, pss_mb as pss_mb
else:
    __getattr__, __all__ = open_door(__name__)
