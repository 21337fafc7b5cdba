"""`blindspot authority ...`: work with authorisation files."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.crew.console_certificate import console_certificate
from blindspot.cli.law.anchor import anchor
from blindspot.cli.law.computer_key import computer_key
from blindspot.cli.law.enclaves import enclaves
from blindspot.cli.law.end_run import end_run
from blindspot.cli.law.flown import flown
from blindspot.cli.law.judge import judge
from blindspot.cli.law.language import InLanguage, Language
from blindspot.cli.law.notices import notices
from blindspot.cli.law.operator_key import operator_key
from blindspot.cli.law.recording_key import recording_key
from blindspot.cli.law.register import register
from blindspot.cli.law.rehearse import rehearse_file
from blindspot.cli.law.revoke import revoke
from blindspot.cli.law.separation import separation
from blindspot.cli.parts.named_people import passphrase, read_key
from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, readable_or_error, writable_or_error

if TYPE_CHECKING:
    from datetime import datetime

app = typer.Typer(no_args_is_help=True)
app.command("enclaves")(enclaves)
app.command("operator-key")(operator_key)
app.command("computer-key")(computer_key)
app.command("recording-key")(recording_key)
app.command("console-certificate")(console_certificate)
app.command("notices")(notices)
app.command("separation")(separation)
app.command("register")(register)
app.command("anchor")(anchor)
app.command("revoke")(revoke)
app.command("end-run")(end_run)
app.command("flown")(flown)
app.command("rehearse")(rehearse_file)
app.command("judge")(judge)


class Profile(StrEnum):
    """The kinds of authorisation that `new` can make."""

    sim_only = "sim-only"
    test_range = "test-range"
    private_site = "private-site"
    fr_csi_l242_5 = "fr-csi-l242-5"
    fr_csi_l242_6 = "fr-csi-l242-6"
    fr_csi_l242_7_exp = "fr-csi-l242-7-exp"
    generic_public = "generic-public"


@app.command("check")
def check(
    authorisation: Annotated[Path, typer.Argument(help="Authorisation file.")],
    language: InLanguage = Language.en,
    as_json: AsJson = False,
) -> None:
    """Read an authorisation and the area file that the authorisation binds by hash. Exit code 2 if either one is
    invalid."""
    from blindspot.law import french, load_authorisation, load_profile

    read = load_authorisation(authorisation)
    file, window = read.file, read.file.window
    begins, ends = window.not_before.isoformat(), window.not_after.isoformat()
    profile = load_profile(file.profile, file.rule_pack)
    lines = [f"{file.id}: profile {file.profile}, {begins} to {ends}", profile.title.en]
    if (purpose := file.purpose) is not None and purpose.code in profile.purposes:
        lines.append(f"purpose {purpose.code}: {profile.purposes[purpose.code].en}")
    if file.all_signatures:
        lines.append(f"signed by trusted keys: {', '.join(read.signers) or 'none'}")
    lines = [french.said(line, language) for line in lines]
    document = {"id": file.id, "profile": file.profile, "not_before": begins, "not_after": ends}
    signed = {"signatures": len(file.all_signatures), "trusted_signers": list(read.signers)}
    print_result(document | signed, *lines, as_json=as_json)


@app.command("key")
def key(
    out: Annotated[Path, typer.Option(help="File for the private key; FILE.pub is trusted on this machine.")],
    as_json: AsJson = False,
) -> None:
    """Make a key that signs authorisations, protect it with a pass-phrase, and trust it on this machine."""
    from blindspot.acts.papers import trust_new_key
    from blindspot.law.signatures import person_of

    trusted = trust_new_key(out, lambda: passphrase(anew=True))
    print_result(
        {"private": str(out), "public": str(trusted)},
        f"{out}: keep the key and the pass-phrase to yourself; if either is lost, make another key and sign again",
        f"{trusted}: trusted on this machine as a key of {person_of(trusted.name.partition('.')[0])}; copy it to the "
        "ground station; delete it to end the trust",
        as_json=as_json,
    )


@app.command("lease-key")
def lease_key(
    out: Annotated[
        Path | None, typer.Option(help="File for the private key; the usual place by default.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the key with which this ground station signs its leases. The drones verify the leases with FILE.pub."""
    from blindspot.law.keys import public_half
    from blindspot.law.leases import make_lease_key, usual_lease_key

    path = out or usual_lease_key(os.environ)
    if path.exists():
        raise InputError(path, "--out", "is there already", "name another file: no key is ever overwritten")
    with writable_or_error(path, "--out", "see its folder"):
        make_lease_key(path)
    print_result(
        {"private": str(path), "public": str(public_half(path))},
        f"{path}: keep the key on this ground station: an owner can let your drones fly",
        f"{public_half(path)}: copy it to {public_half(usual_lease_key({'HOME': '~'}))} on each drone's computer",
        as_json=as_json,
    )


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
    as_json: AsJson = False,
) -> None:
    """Make an authorisation: SIM-ONLY for your own town, a signed TEST-RANGE for real drones over your field, or a file
    of any other profile to fill in."""
    from datetime import UTC, datetime

    from blindspot.core import inside, is_blank, output_folder
    from blindspot.law.drafts import as_yaml, make_sim_only, make_test_range
    from blindspot.law.files import Signer
    from blindspot.law.signatures import sign

    begins, signature = datetime.now(UTC).replace(microsecond=0), None
    _keep_written(out / "authorisation.yaml")
    if profile not in (Profile.sim_only, Profile.test_range):
        _new_template(profile, fence, out, begins, tz, as_json=as_json)
        return
    if profile is Profile.sim_only:
        if signer or contact or key is not None:
            raise InputError("authority new", "--profile", "sim-only carries no signature", "leave out signer and key")
        file = make_sim_only(fence, begins, tz)
    elif is_blank(signer) or is_blank(contact) or key is None:
        raise InputError("authority new", "--profile", "test-range is signed", "give --signer, --contact and --key")
    else:
        file = make_test_range(fence, Signer(name=signer, contact=contact), begins, days, tz)
        signature = sign(file, read_key(key))
    with output_folder(out) as part:
        inside(part, fence.name).write_bytes(fence.read_bytes())
        (part / "authorisation.yaml").write_text(as_yaml(file, signature), encoding="utf-8")
    made, ends = out / "authorisation.yaml", file.window.not_after.isoformat()
    lines = f"{made}: {file.id}, until {ends}", "name it in your mission file, as the authorisation"
    print_result({"file": str(made), "id": file.id, "not_after": ends}, *lines, as_json=as_json)


def _keep_written(path: Path) -> None:
    """Refuse to replace a file that people filled in or signed. One for simulation alone holds no such work."""
    from blindspot.core import read_yaml
    from blindspot.law import AuthorisationFile

    if not path.exists():
        return
    try:
        is_simulation = read_yaml(path, AuthorisationFile).profile == "SIM-ONLY"
    except InputError:  # a form that is not yet filled in
        is_simulation = False
    if not is_simulation:
        raise InputError(
            path, "", "is there already, and only a SIM-ONLY one is replaced", "name another folder, or move it"
        )


def _new_template(profile: Profile, fence: Path, out: Path, begins: datetime, tz: str, *, as_json: bool) -> None:
    from blindspot.core import CONFIG_DIR, inside, output_folder, read_yaml
    from blindspot.law import AuthorisationFile
    from blindspot.law.drafts import template_yaml

    example = read_yaml(CONFIG_DIR / "authorisations" / "example_92" / "authorisation.yaml", AuthorisationFile)
    with output_folder(out) as part:
        inside(part, fence.name).write_bytes(fence.read_bytes())
        text = template_yaml(profile.value.upper(), example, fence, begins, tz)
        (part / "authorisation.yaml").write_text(text, encoding="utf-8")
    made = out / "authorisation.yaml"
    line = f"{made}: fill in each FILL-IN; blindspot authority check names the next one"
    print_result({"file": str(made), "id": None, "not_after": None}, line, as_json=as_json)


@app.command("sign")
def sign_again(
    authorisation: Annotated[Path, typer.Argument(help="Authorisation file, changed.")],
    key: Annotated[Path, typer.Option(help="Your key, made by: blindspot authority key.")],
    as_json: AsJson = False,
) -> None:
    """Sign an authorisation after a change. The earlier signatures are removed."""
    from blindspot.acts.papers import sign_file

    file = sign_file(authorisation, key, read_key)
    print_result({"file": str(authorisation), "id": file.id}, f"{authorisation}: signed", as_json=as_json)


@app.command("countersign")
def countersign(
    authorisation: Annotated[Path, typer.Argument(help="Authorisation file that the first person has signed.")],
    key: Annotated[Path, typer.Option(help="Your own key, which this machine trusts under your name.")],
    as_json: AsJson = False,
) -> None:
    """Sign an authorisation as the second person, over the same content."""
    from blindspot.acts.papers import countersign_file

    file, person = countersign_file(authorisation, key, read_key)
    line = f"{authorisation}: countersigned by {person}"
    print_result({"file": str(authorisation), "id": file.id, "by": person}, line, as_json=as_json)


@app.command("levels")
def levels(language: InLanguage = Language.en, as_json: AsJson = False) -> None:
    """List the profiles, with the level and the signatures that their real flights need."""
    from blindspot.law import french, load_profile, profile_names

    said = {0: "no real flight", 2: "the autopilot itself asks before it arms"}
    known, lines = {name: load_profile(name) for name in profile_names()}, []
    for name, profile in known.items():
        off = f"; off: {profile.off_because}" if profile.off_because else ""
        line = f"{name}: level {profile.level}, {said[profile.level]}; {profile.signers} signatures"
        lines.append(french.said(line + off, language))
        lines.append(f"    {french.said(profile.title.en, language)}")
    document = [
        {"profile": name, "level": one.level, "signers": one.signers, "off_because": one.off_because or None}
        for name, one in known.items()
    ]
    print_result(document, *lines, as_json=as_json)


@app.command("hash")
def hash_file(
    file: Annotated[Path, typer.Argument(help="File that an authorisation names.")], as_json: AsJson = False
) -> None:
    """Print the SHA-256 that binds a file to an authorisation."""
    from blindspot.law import file_sha256

    with readable_or_error(file, "name an existing file"):
        digest = file_sha256(file)
    print_result({"file": str(file), "sha256": digest}, digest, as_json=as_json)
