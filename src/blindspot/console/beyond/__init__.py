"""The console beyond this computer: the certificate of the server, and the people who log in. Free of ROS."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.console.beyond.certificate import certified_host, make_certificate, read_certificate
    from blindspot.console.beyond.logins import Beyond, Logins
else:
    __getattr__, __all__ = open_door(__name__)
