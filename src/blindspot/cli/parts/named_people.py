"""People as the commands name them: who gives orders, and their private keys under pass-phrases."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.core import LONGEST_NAME, InputError, one_line, open_file, readable_or_error

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from blindspot.law.orders import OrderSigner
    from blindspot.nodes.clients import Operator

Key = Annotated[
    Path | None,
    typer.Option(
        envvar="BLINDSPOT_OPERATOR_KEY", show_default=False,
        help="The person's private key, if the fleet file names keys: blindspot authority operator-key.",
    ),
]  # fmt: skip


def own_key(key: Path | None) -> Ed25519PrivateKey | None:
    """The person's private key; the pass-phrase is read from the user. `None` without a key."""
    return None if key is None else read_key(key)


def sign_with(operator: Operator, key: Ed25519PrivateKey | None) -> None:
    """Let a client sign its orders from now on."""
    operator.orders.signer = signer_here(key)


def signer_here(key: Ed25519PrivateKey | None) -> OrderSigner | None:
    """Signs the orders of a person to the stack of this computer; `None` without a key.

    The record of the stack says which fleet flies, and whether the stack is a simulation. Any process on the network
    can publish a status: a pilot who practises must never sign for real drones. Raises InputError without a record.
    """
    from blindspot.law.orders import OrderSigner
    from blindspot.mission import load_fleet
    from blindspot.stack import stack_record

    if key is None:
        return None
    record = stack_record.stack_here(os.environ)
    if record is None or record.simulated is None:
        fix = "give the order on the ground station; a stack of an older version has to be started again"
        raise InputError("--key", "", "signs nothing: this computer has no record of the running stack", fix)
    return OrderSigner(key, load_fleet(record.fleet).file.name, record.simulated)


def read_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a file. The pass-phrase is read from the user, if the file can be read."""
    from blindspot.law.signatures import load_key

    with readable_or_error(path, "name the file of your private key"):
        open_file(path).close()
    return load_key(path, passphrase())


def key_of(path: Path, person: str) -> Ed25519PrivateKey:
    """A person's private key. Raises InputError for a key not trusted by this machine under the person's name: the
    gate would ignore a signature by such a key."""
    from blindspot.law.signatures import key_id, owners_of, person_of, trusted_folder

    own = read_key(path)
    owner = owners_of(trusted_folder(os.environ)).get(key_id(own.public_key()), "")
    if owner != person_of(person):
        problem = f"belongs to {owner or 'an untrusted person'}, not to {one_line(person, LONGEST_NAME)}"
        raise InputError(path, "--key", problem, "a person has the name of the trusted .pub file, up to its first dot")
    return own


def passphrase(*, anew: bool = False) -> str:
    """The value of BLINDSPOT_PASSPHRASE, otherwise a prompt with hidden input. A new pass-phrase is typed twice. Raises
    InputError without a terminal to ask at."""
    if (given := os.environ.get("BLINDSPOT_PASSPHRASE")) is not None:
        return given
    try:
        return str(typer.prompt("pass-phrase", hide_input=True, confirmation_prompt=anew, err=True))
    except typer.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        fix = "start the command in a terminal, or set BLINDSPOT_PASSPHRASE"
        raise InputError("the pass-phrase", "", "can't be asked for here", fix) from None
