"""The environment of a process that uses a keystore of SROS 2.

One variable of the shell decides, ROS's own `ROS_SECURITY_KEYSTORE`. With this variable, each process of a stack and
each command joins the graph with the process's enclave, or not at all.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from blindspot.core import DependencyError, InputError

if TYPE_CHECKING:
    from cryptography import x509

KEYSTORE = "ROS_SECURITY_KEYSTORE"
LAST_DOMAIN = 232
"""The ports of a higher ROS domain do not exist."""
OPERATOR, PREFLIGHT, CONSOLE = "/blindspot/operator", "/blindspot/preflight", "/blindspot/console"
"""Enclaves of the commands: `up`, `fly`, `status` and the orders; `preflight`; `console`."""
_MAKE = "make one: blindspot authority enclaves FLEET --out DIR"
ENFORCED = {"ROS_SECURITY_ENABLE": "true", "ROS_SECURITY_STRATEGY": "Enforce"}
_FAST_DDS, _LIBRARIES = "rmw_fastrtps_cpp", ("libfastrtps.so", "libfastdds.so")
"""The middleware, and its library in Fast DDS 2 (Jazzy) and 3 (Kilted)."""
_PLUGIN = b"DDS:Auth:PKI-DH"
"""Name of the built-in authentication, which a library with security contains as text."""


def secure_environment(environ: Mapping[str, str], enclaves: Iterable[str], now: datetime) -> dict[str, str]:
    """The variables with which processes of these enclaves join the graph; empty without a keystore.

    Raises InputError for a missing, incomplete or expired enclave, and DependencyError for a
    middleware without security.
    """
    named = environ.get(KEYSTORE, "")
    if not named:
        return {}
    keystore, domain = Path(named).absolute(), ros_domain(environ)
    for enclave in enclaves:
        _check(keystore, enclave, domain, now)
    if has_security(environ) is False:
        raise DependencyError(
            f"{KEYSTORE} is set, and the installed Fast DDS is built without security: install a build with "
            "-DSECURITY=ON, or unset the variable"
        )
    return {KEYSTORE: str(keystore), **ENFORCED}


def is_enforced(environ: Mapping[str, str]) -> bool:
    """Whether a node of this process joins the graph through SROS 2 or fails: ROS reads these very words."""
    return all(environ.get(name) == value for name, value in ENFORCED.items())


def join_securely(enclave: str) -> list[str] | None:
    """Make this process join the graph with its enclave, if the shell names a keystore.

    Returns the arguments for `rclpy.init`, or None. Raises as `secure_environment` does.
    """
    found = secure_environment(os.environ, [enclave], datetime.now(UTC))
    os.environ.update(found)
    return ["--ros-args", "--enclave", enclave] if found else None


def has_security(environ: Mapping[str, str]) -> bool | None:
    """Whether the installed Fast DDS is built with security; None if it is missing, or another middleware is in use."""
    if (environ.get("RMW_IMPLEMENTATION") or _FAST_DDS) != _FAST_DDS:
        return None
    folders = [*environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)]
    folders += [f"{prefix}/lib" for prefix in environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    for path in (Path(folder) / name for folder in folders if folder for name in _LIBRARIES):
        if path.is_file():
            return _PLUGIN in path.read_bytes()
    return None


def ros_domain(environ: Mapping[str, str]) -> int:
    """The ROS domain of the shell. Raises InputError for a ROS_DOMAIN_ID that is no number, or too large for a port."""
    named, fix = environ.get("ROS_DOMAIN_ID") or "0", "export one from 0 to 101"
    if not (named.isascii() and named.isdigit()):
        raise InputError("ROS_DOMAIN_ID", "", f"{named} is no number", fix)
    if len(named) > 3 or int(named) > LAST_DOMAIN:
        raise InputError("ROS_DOMAIN_ID", "", f"{named} is too large: domains are 0 to {LAST_DOMAIN}", fix)
    return int(named)


def _check(keystore: Path, enclave: str, domain: int, now: datetime) -> None:
    from blindspot.stack.enclaves.keystore import FILES

    folder = keystore / "enclaves" / enclave.lstrip("/")
    absent = [name for name in FILES if not (folder / name).is_file()]
    if absent:
        raise InputError(folder, KEYSTORE, f"has no {absent[0]}, so {enclave} can't join the graph", _MAKE)
    key = folder / "key.pem"
    if (mode := stat.S_IMODE(key.stat().st_mode)) & 0o077:
        raise InputError(key, KEYSTORE, f"has mode {mode:04o}: others can use it", f"chmod 600 {key}")
    certificate = _certificate(keystore, enclave)
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins <= now.astimezone(UTC) <= ends:
        problem = f"is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}, and it is {now:%Y-%m-%d}"
        raise InputError(folder / "cert.pem", KEYSTORE, problem, "set the clock right, or make a new keystore")
    if f"<id>{domain}</id>".encode() not in (folder / "permissions.p7s").read_bytes():
        fix = "export the domain of the keystore, or make a keystore for this domain"
        raise InputError(folder / "permissions.p7s", KEYSTORE, f"is for another ROS_DOMAIN_ID than {domain}", fix)


def _certificate(keystore: Path, enclave: str) -> x509.Certificate:
    from cryptography import x509

    path = keystore / "enclaves" / enclave.lstrip("/") / "cert.pem"
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(path, KEYSTORE, f"is no certificate ({error})", _MAKE) from error
