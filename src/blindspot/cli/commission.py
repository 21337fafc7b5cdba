"""`blindspot commission ...`: the stages before a drone's first flight over a town, each one signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, is_blank, read_file, readable_or_error, writable_or_error, write_whole

if TYPE_CHECKING:
    from blindspot.commission import Record

app = typer.Typer(no_args_is_help=True)
RecordFile = Annotated[Path, typer.Argument(metavar="RECORD", help="The drone's record, made by: commission new.")]


@app.command("ladder")
def ladder(as_json: AsJson = False) -> None:
    """Print every stage with its checks, and the format of each check's value."""
    from blindspot.commission import LADDER

    lines: list[str] = []
    for stage in LADDER:
        lines.append(f"{stage.name}: {stage.title}")
        lines += [f"  {check.name + '=' + check.given_as:<36} {check.text}" for check in stage.checks]
    print_result([stage.document() for stage in LADDER], *lines, as_json=as_json)


@app.command("new")
def new(
    record: RecordFile,
    drone: Annotated[str, typer.Option(help="Name of the drone, e.g. its serial number; one record each.")],
    model: Annotated[Path, typer.Option(help="The drone's file, e.g. config/drones/reference.yaml.")],
    as_json: AsJson = False,
) -> None:
    """Start the record of a drone."""
    from blindspot.commission import Record

    if record.exists():
        raise InputError(record, "", "is there already", "name another file: no record is ever overwritten")
    _read_model(model)
    made = Record.model_validate({"schema": "blindspot.commission/1", "drone": drone, "model": str(model)})
    _write(record, made)
    line = f"{record}: no stage is signed yet; to list the checks of the next stage: blindspot commission show {record}"
    print_result({"record": str(record), "drone": made.drone, "model": made.model}, line, as_json=as_json)


@app.command("sign")
def sign(
    record: RecordFile,
    stage: Annotated[str, typer.Argument(help="sitl, desk, bench, tethered, open-field or site.")],
    by: Annotated[str, typer.Option(help="Your name, as the witness of every check.")],
    key: Annotated[Path, typer.Option(help="Your key, made by: blindspot authority key.")],
    check: Annotated[list[str], typer.Option(metavar="NAME=VALUE", help="One for each check of the stage.")],
    as_json: AsJson = False,
) -> None:
    """Sign a stage. All earlier stages must be signed by trusted keys. Signing a stage again voids the later ones."""
    import os
    from datetime import UTC, datetime

    from blindspot.cli.parts.named_people import read_key
    from blindspot.commission import check_below, load_record, sign_off
    from blindspot.law.signatures import trusted_folder, trusted_keys

    if is_blank(by):
        raise InputError("commission sign", "--by", "is empty", "give your name")
    before = load_record(record)
    check_below(before, stage, trusted_keys(trusted_folder(os.environ)))
    now, model = datetime.now(UTC).replace(microsecond=0), _model_of(before)
    signed = sign_off(before, stage, _given(check), by, now, model, read_key(key))
    _write(record, signed)
    document = {"record": str(record), "stage": stage, "by": by, "at": now.isoformat()}
    print_result(document, f"{record}: {stage} signed by {by}", as_json=as_json)


@app.command("show")
def show(record: RecordFile, as_json: AsJson = False) -> None:
    """Print the signed stages, their signers and keys, and the checks of the next stage."""
    import os

    from blindspot.commission import LADDER, load_record, trusted_signers
    from blindspot.law.signatures import trusted_folder, trusted_keys

    read = load_record(record)
    keys = trusted_keys(trusted_folder(os.environ))
    signers = {one.stage: tuple(trusted_signers(read, one, keys)) for one in read.reached}
    changed, following = _changed_since(read), LADDER[len(read.reached) :][:1]
    lines = [f"{read.drone}, {read.model}"]
    for one in read.reached:
        by = ", ".join(signers[one.stage]) or "no key that is trusted here"
        lines.append(f"  {one.stage:<11} {one.at:%Y-%m-%d %H:%M} UTC  {one.by}  ({by})")
    if changed:
        lines.append(
            f"  {read.model} has changed since {changed} was signed: the signed checks were made with other values"
        )
    lines += [f"next: {stage.name}, {stage.title}" for stage in following] or ["every stage is signed"]
    for check in (check for stage in following for check in stage.checks):
        lines.append(f"  --check {check.name + '=' + check.given_as:<36} {check.text}")
    document = {
        "record": str(record), "drone": read.drone, "model": read.model, "changed_since": changed or None,
        "signed": [
            {"stage": one.stage, "at": one.at.isoformat(), "by": one.by, "trusted_signers": signers[one.stage]}
            for one in read.reached
        ],
        "next": following[0].document() if following else None,
    }  # fmt: skip
    print_result(document, *lines, as_json=as_json)


def _changed_since(record: Record) -> str:
    """The last stage that was signed with another content of the drone's file, otherwise an empty string."""
    import hashlib

    if not record.reached:
        return ""
    now = hashlib.sha256(_model_of(record)).hexdigest()
    return next((one.stage for one in reversed(record.reached) if one.model_sha256 != now), "")


def _given(checks: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for one in checks:
        name, equals, value = one.partition("=")
        if not equals or name in given:
            problem = "is given twice" if equals else "has no value"
            raise InputError("commission", f"--check {name}", problem, "write NAME=VALUE once for each check")
        given[name] = value
    return given


def _read_model(path: Path) -> bytes:
    with readable_or_error(path, "name the drone's file", "--model"):
        return read_file(path)


def _model_of(record: Record) -> bytes:
    path = Path(record.model)
    with readable_or_error(path, "put it back, or start in the folder in which the record was begun", "model"):
        return read_file(path)


def _write(path: Path, record: Record) -> None:
    """Replace the file in one step: the file holds either the old record or the new record."""
    from blindspot.commission import as_yaml

    with writable_or_error(path, ""):
        write_whole(path, as_yaml(record))
