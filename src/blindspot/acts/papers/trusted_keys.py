"""A new key of a person, trusted on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from blindspot.core import InputError, write_private
from blindspot.law.signatures import new_key, trusted_folder


def trust_new_key(out: Path, passphrase: Callable[[], str]) -> Path:
    """Make a key, protect the key with a pass-phrase, and trust its public half, whose file is returned.

    `passphrase` is called once for a free place. Raises InputError for a file or a name that is taken: no key is ever
    overwritten.
    """
    if out.exists():
        raise InputError(out, "--out", "is there already", "name another file: no key is ever overwritten")
    private, public = new_key(passphrase())
    trusted = trusted_folder(os.environ) / f"{out.stem}.pub"
    if trusted.exists():
        raise InputError(trusted, "", "is trusted already under this name", "name the new key otherwise")
    try:
        trusted.parent.mkdir(0o755, parents=True, exist_ok=True)
        write_private(out, private)
        try:
            trusted.write_bytes(public)
            trusted.chmod(0o644)  # the umask may let a group write the file, and such a file is not trusted
        except OSError:
            out.unlink()  # nobody trusts it yet
            trusted.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(error.filename or out, "", f"can't be written ({error.strerror})", "see its folder") from error
    return trusted
