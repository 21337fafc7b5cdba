"""The address of a console: a port of this computer, and a key that stands after `#`, so that no log holds the key.

The address for other computers has TLS and no key: a person logs in there.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path

from blindspot.core import BlindspotError, InputError, read_file, write_private

HOST = "127.0.0.1"
FIRST_PORT, PORTS = 8600, 10
KEY_BYTES = 18


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a running console.

    `pid` is the process of the server, `stack` names one start of one stack: a console that starts again for the same
    stack has the same key, so that open pages come back.
    """

    port: int
    key: str
    pid: int
    stack: str = ""
    host: str = HOST

    @property
    def url(self) -> str:
        """The address for a browser."""
        return f"http://{HOST}:{self.port}/#{self.key}" if self.host == HOST else f"https://{self.host}:{self.port}/"


def new_key() -> str:
    """A key that nobody can guess: 144 random bits."""
    return secrets.token_urlsafe(KEY_BYTES)


def free_socket(first_port: int = FIRST_PORT, host: str = HOST) -> socket.socket:
    """A bound socket at one address of this computer, on the first free one of ten ports. Raises BlindspotError, also
    for a host that is not this computer."""
    for port in range(first_port, first_port + PORTS):
        opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((_own(host), port))
        except OSError as error:
            opened.close()
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                problem = f"is {host}, and this computer has no such address"
                raise InputError("blindspot console", "--host", problem, "see: ip address") from error
            continue
        return opened
    last = first_port + PORTS - 1
    raise BlindspotError(
        f"the ports {first_port} to {last} of this computer are in use; end a program that holds a port of these"
    )


def _own(host: str) -> str:
    """The IPv4 address of a host. A name of this computer alone, which no other computer reaches, is no address."""
    found = socket.gethostbyname(host)
    if found != host and ip_address(found).is_loopback:
        raise socket.gaierror(f"{host} is {found}")
    return found


def write_address(path: Path, address: Address) -> None:
    """Write the address for the owner's eyes alone. Raises InputError if the folder can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        write_private(path, (json.dumps(asdict(address)) + "\n").encode())
    except OSError as error:
        raise InputError(path, "", f"can't be written ({error.strerror})", "set BLINDSPOT_STATE to a folder") from error


def read_address(path: Path) -> Address | None:
    """The address of the running console; None without a console, or if its process is gone."""
    found = last_address(path)
    try:
        if found is not None:
            os.kill(found.pid, 0)
    except OSError:
        return None
    return found


def last_address(path: Path) -> Address | None:
    """The address of the console that runs, or that was killed; None without a readable file."""
    try:
        return Address(**json.loads(read_file(path, 10_000)))
    except (InputError, OSError, TypeError, ValueError):
        return None
