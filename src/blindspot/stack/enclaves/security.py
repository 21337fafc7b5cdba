"""The environment of a process that uses a keystore of SROS 2.

One variable of the shell decides, `ROS_SECURITY_KEYSTORE`, which is ROS's own. If it is set, each process of a stack and
each command joins the graph with its own enclave, or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from blindspot.core import DependencyError, InputError
from blindspot.stack.enclaves.keystore import FILES

KEYSTORE = "ROS_SECURITY_KEYSTORE"
OPERATOR, PREFLIGHT = "/blindspot/operator", "/blindspot/preflight"
"""Enclaves of the commands: `up`, `fly`, `status` and the orders; and `preflight`."""
_MAKE = "make one: blindspot authority enclaves FLEET --out DIR"
_LIBRARY = "libfastrtps.so"
_PLUGIN = b"DDS:Auth:PKI-DH"
"""Name of the built-in authentication, which a library with security contains as text."""


def secure_environment(environ: Mapping[str, str], enclaves: Iterable[str], now: datetime) -> dict[str, str]:
    """The variables with which processes of these enclaves join the graph; empty without a keystore.

    Raises InputError for an enclave that is missing, incomplete or outside its validity, and DependencyError for a
    middleware without security.
    """
    named = environ.get(KEYSTORE, "")
    if not named:
        return {}
    keystore = Path(named).absolute()
    for enclave in enclaves:
        _check(keystore, enclave, now)
    if has_security(environ) is False:
        raise DependencyError(
            f"{KEYSTORE} is set, and the installed Fast DDS is built without security: install one that is built with "
            "-DSECURITY=ON, or unset the variable"
        )
    return {KEYSTORE: str(keystore), "ROS_SECURITY_ENABLE": "true", "ROS_SECURITY_STRATEGY": "Enforce"}


def join_securely(enclave: str) -> list[str] | None:
    """Make this process join the graph with its enclave, if the shell names a keystore.

    Returns the arguments for `rclpy.init`; None without a keystore. Raises as `secure_environment` does.
    """
    found = secure_environment(os.environ, [enclave], datetime.now(UTC))
    os.environ.update(found)
    return ["--ros-args", "--enclave", enclave] if found else None


def has_security(environ: Mapping[str, str]) -> bool | None:
    """Whether the installed Fast DDS is built with security; None if it can't be found."""
    folders = [*environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)]
    folders += [f"{prefix}/lib" for prefix in environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    for folder in filter(None, folders):
        try:
            return _PLUGIN in (Path(folder) / _LIBRARY).read_bytes()
        except OSError:
            continue
    return None


def valid_until(keystore: Path, enclave: str) -> datetime:
    """End of an enclave's certificate, UTC. Raises InputError if it can't be read."""
    return _certificate(keystore, enclave).not_valid_after_utc


def _check(keystore: Path, enclave: str, now: datetime) -> None:
    folder = keystore / "enclaves" / enclave.lstrip("/")
    absent = [name for name in FILES if not (folder / name).is_file()]
    if absent:
        raise InputError(folder, KEYSTORE, f"has no {absent[0]}, so {enclave} can't join the graph", _MAKE)
    certificate = _certificate(keystore, enclave)
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins <= now.astimezone(UTC) <= ends:
        problem = f"is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}, and it is {now:%Y-%m-%d}"
        raise InputError(folder / "cert.pem", KEYSTORE, problem, "set the clock right, or make a new keystore")


def _certificate(keystore: Path, enclave: str) -> x509.Certificate:
    path = keystore / "enclaves" / enclave.lstrip("/") / "cert.pem"
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(path, KEYSTORE, f"is no certificate ({error})", _MAKE) from error
