"""`blindspot authority ...`: work with authorisation files."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import print_json
from blindspot.core import InputError, RefusedError, tell

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

app = typer.Typer(no_args_is_help=True)


class Profile(StrEnum):
    """The kinds of authorisation that `new` can make."""

    sim_only = "sim-only"
    test_range = "test-range"


@app.command("check")
def check(
    authorisation: Annotated[Path, typer.Argument(help="Authorisation file.")],
) -> None:
    """Read an authorisation and the area file that it binds by hash. Exit code 2 if either one is invalid."""
    from blindspot.law import load_authorisation

    read = load_authorisation(authorisation)
    file, window = read.file, read.file.window
    tell(f"{file.id}: profile {file.profile}, {window.not_before.isoformat()} to {window.not_after.isoformat()}")
    if file.signatures:
        tell(f"signed by trusted keys: {', '.join(read.signers) or 'none'}")


@app.command("key")
def key(
    out: Annotated[Path, typer.Option(help="File for the private key; FILE.pub is trusted on this machine.")],
) -> None:
    """Make a key that signs authorisations, protect it with a pass-phrase, and trust it on this machine."""
    from blindspot.law.leases import new_key, trusted_folder

    if out.exists():
        raise InputError(out, "--out", "is there already", "name another file: no key is ever overwritten")
    private, public = new_key(_passphrase(anew=True))
    trusted = trusted_folder(os.environ) / f"{out.stem}.pub"
    if trusted.exists():
        raise InputError(trusted, "", "is trusted already under this name", "name the new key otherwise")
    try:
        _write_private(out, private)
        trusted.parent.mkdir(parents=True, exist_ok=True)
        trusted.write_bytes(public)
    except OSError as error:
        raise InputError(error.filename or out, "", f"can't be written ({error.strerror})", "see its folder") from error
    print(f"{out}: keep it and its pass-phrase to yourself; if either is lost, make another key and sign anew")
    print(f"{trusted}: trusted on this machine; copy it to the ground station; delete it to end the trust")


@app.command("lease-key")
def lease_key(
    out: Annotated[
        Path | None, typer.Option(help="File for the private key; the usual place by default.", show_default=False)
    ] = None,
) -> None:
    """Make the key with which this ground station signs its leases. Its drones verify them with FILE.pub."""
    from blindspot.law.leases import make_lease_key, public_half, usual_lease_key

    path = out or usual_lease_key(os.environ)
    if path.exists():
        raise InputError(path, "--out", "is there already", "name another file: no key is ever overwritten")
    try:
        make_lease_key(path)
    except OSError as error:
        raise InputError(path, "--out", f"can't be written ({error.strerror})", "see its folder") from error
    print(f"{path}: keep it on this ground station: its owner can let your drones fly")
    print(f"{public_half(path)}: copy it to {public_half(usual_lease_key({'HOME': '~'}))} on each drone's computer")


@app.command("new")
def new(
    profile: Annotated[Profile, typer.Option(help="Kind of authorisation.")],
    fence: Annotated[Path, typer.Option(help="GeoJSON with the one polygon to fly in; TEST-RANGE: at most 0.25 km2.")],
    out: Annotated[Path, typer.Option(help="Folder for the authorisation and its fence.")],
    signer: Annotated[str, typer.Option(help="TEST-RANGE: your name; you are responsible for these flights.")] = "",
    contact: Annotated[str, typer.Option(help="TEST-RANGE: a contact that reaches you while you fly.")] = "",
    key: Annotated[Path | None, typer.Option(help="TEST-RANGE: your key, made by: blindspot authority key.")] = None,
    days: Annotated[int, typer.Option(min=1, max=92, help="TEST-RANGE: number of days from now.")] = 30,
    tz: Annotated[str, typer.Option(help="Time zone of the daily slots (TEST-RANGE: 06:00 to 22:00).")] = "UTC",
) -> None:
    """Make an authorisation: SIM-ONLY for your own town, or a signed TEST-RANGE for real drones over your field."""
    from datetime import UTC, datetime

    from blindspot.core import inside, output_folder
    from blindspot.law import Signer, as_yaml, make_sim_only, make_test_range
    from blindspot.law.leases import sign

    begins, signature = datetime.now(UTC).replace(microsecond=0), None
    if profile is Profile.sim_only:
        if signer or contact or key is not None:
            raise InputError("authority new", "--profile", "sim-only carries no signature", "leave out signer and key")
        file = make_sim_only(fence, begins, tz)
    elif not (signer and contact and key is not None):
        raise InputError("authority new", "--profile", "test-range is signed", "give --signer, --contact and --key")
    else:
        file = make_test_range(fence, Signer(name=signer, contact=contact), begins, days, tz)
        signature = sign(file, read_key(key))
    with output_folder(out) as part:
        inside(part, fence.name).write_bytes(fence.read_bytes())
        (part / "authorisation.yaml").write_text(as_yaml(file, signature), encoding="utf-8")
    tell(f"{out / 'authorisation.yaml'}: {file.id}, until {file.window.not_after.isoformat()}")
    print("name it in your mission file, as its authorisation")


@app.command("sign")
def sign_again(
    authorisation: Annotated[Path, typer.Argument(help="Authorisation file of profile TEST-RANGE, changed.")],
    key: Annotated[Path, typer.Option(help="Your key, made by: blindspot authority key.")],
) -> None:
    """Sign an authorisation again after a change. The earlier signatures are removed."""
    from blindspot.core import told_if_unwritable
    from blindspot.law import as_yaml, load_authorisation
    from blindspot.law.leases import sign

    file = load_authorisation(authorisation).file
    if file.profile != "TEST-RANGE":
        raise InputError(authorisation, "profile", f"is {file.profile}", "only TEST-RANGE is signed here")
    text = as_yaml(file, sign(file, read_key(key)))
    partial = authorisation.with_suffix(".partial")
    with told_if_unwritable(authorisation, ""):
        partial.write_text(text, encoding="utf-8")
        partial.replace(authorisation)
    print(f"{authorisation}: signed")


def read_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a file. The pass-phrase is read from the user."""
    from blindspot.law.leases import load_key

    return load_key(path, _passphrase())


def _passphrase(*, anew: bool = False) -> str:
    """The value of BLINDSPOT_PASSPHRASE, otherwise a prompt with hidden input. A new pass-phrase is typed twice."""
    if (given := os.environ.get("BLINDSPOT_PASSPHRASE")) is not None:
        return given
    return str(typer.prompt("pass-phrase", hide_input=True, confirmation_prompt=anew))


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from the first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


@app.command("judge")
def judge(
    mission: Annotated[Path, typer.Argument(help="Mission file.")],
    plan_file: Annotated[Path, typer.Argument(help="Plan file, made by: blindspot plan MISSION.")],
    hardware: Annotated[bool, typer.Option("--hardware", help="Judge a flight of real drones, now.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the judgement as one JSON document.")] = False,
) -> None:
    """Ask the gate whether a plan may be flown in simulation at the mission's start. Exit code 3 if not."""
    from datetime import UTC, datetime

    from blindspot.cli.plan import refuse_others
    from blindspot.law import judge_plan, load_authorisation, not_judged, told_of_recording
    from blindspot.mission import load_mission, load_plan
    from blindspot.planning.checker import check_plan, of_another_mission
    from blindspot.site import load_site

    asked, plan = load_mission(mission), load_plan(plan_file)
    site = load_site(asked.site_dir, asked.file.start)
    refuse_others(plan_file, tuple(of_another_mission(plan, asked, site)))
    now = datetime.now(UTC) if hardware else asked.file.start
    authorisation = load_authorisation(asked.authorisation_path)
    verdicts = [str(verdict) for verdict in judge_plan(authorisation, plan, now, simulated=not hardware, mission=asked)]
    verdicts += [f"PLN-04: the checker refuses the plan: {violation}" for violation in check_plan(plan, asked, site)]
    notices = (not_judged(authorisation, plan), told_of_recording(asked.file.record, authorisation))
    remarks = [notice for notice in notices if notice]
    if as_json:
        print_json({"go": not verdicts, "plan": plan.sha256, "verdicts": verdicts, "notices": remarks})
    if verdicts:
        raise RefusedError(tuple(verdicts))
    if not as_json:
        for line in ("GO", *remarks):
            tell(line)


@app.command("hash")
def hash_file(file: Annotated[Path, typer.Argument(help="File that an authorisation names.")]) -> None:
    """Print the SHA-256 that binds a file to an authorisation."""
    from blindspot.law import file_sha256

    try:
        print(file_sha256(file))
    except OSError as error:
        raise InputError(file, "", f"can't be read ({error.strerror})", "name a file that is there") from error
