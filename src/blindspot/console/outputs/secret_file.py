"""Secrets of outputs, each in a file that only its owner reads."""

from __future__ import annotations

import stat
from pathlib import Path

from blindspot.core import InputError, read_file

LEAST_SECRET = 16
_OPEN = stat.S_IRWXG | stat.S_IRWXO


def read_secret(path: Path, least: int = LEAST_SECRET) -> str:
    """The secret in a file. Raises InputError for a file that others may read, and for a short secret."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", "write the secret into it") from error
    if mode & _OPEN:
        raise InputError(path, "", "can be read by other users of this computer", f"chmod 600 {path}")
    secret = read_file(path, 10_000).decode("utf-8", "replace").strip()
    if len(secret) < least:
        raise InputError(path, "", f"has {len(secret)} characters", f"a secret has at least {least}")
    return secret
