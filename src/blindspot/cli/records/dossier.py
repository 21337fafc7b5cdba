"""`blindspot dossier SITE`: the file for the people who decide before a change of cameras or a flight."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.law.language import Language
from blindspot.cli.parts.output import AsJson, only_json, print_result


def dossier(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="The site's folder, e.g. config/sites/nantes.")],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    mission: Annotated[
        Path | None, typer.Option(help="Mission of drones; without one the dossier is about the fixed cameras.")
    ] = None,
    operation: Annotated[Path | None, typer.Option(help="Operation, whose days and slots are shown.")] = None,
    authorisation: Annotated[
        Path | None, typer.Option(help="Authorisation file; the mission's own by default.")
    ] = None,
    improve: Annotated[Path | None, typer.Option(help="improve.json of `blindspot coverage SITE --improve`.")] = None,
    lang: Annotated[Language, typer.Option("--lang", help="Language of the dossier.")] = Language.fr,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also print it as PDF with this machine's Chromium.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the dossier of a town's cameras or of a mission: page, plans, figures with their files, and the study for
    the CNIL's PIA tool. A fact that no file holds is shown as missing."""
    from datetime import UTC, datetime

    from blindspot.acts.dossiers import DossierInputs, print_pdf, write_dossier
    from blindspot.cli.parts.screen import warn
    from blindspot.core import progress_of

    asked = DossierInputs.of(site, mission, operation, authorisation, improve)
    with only_json(is_asked=as_json), progress_of("dossier") as progress:
        written, files = write_dossier(out, asked, lang.value, datetime.now(UTC), progress)
        if pdf:
            progress("printing", 0, None)
            files = (*files, out / "dossier.pdf")
            problem = print_pdf(out / "dossier.html", out / "dossier.pdf")
    if pdf and problem:
        warn(problem)
        files = files[:-1]
    missing = [{"name": one.name, "file": str(one.file)} for one in written.missing]
    names = "; ".join(f"{one['name']} ({one['file']})" for one in missing)
    print_result(
        {"files": [str(file) for file in files], "missing": missing},
        *(f"wrote {file}" for file in files),
        f"{len(missing)} missing facts: {names}" if missing else "no fact is missing",
        as_json=as_json,
    )
