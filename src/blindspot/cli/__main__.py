"""The command line: `blindspot COMMAND ...`. One file a command; a user's mistake is one line and exit code 2."""

from __future__ import annotations

import sys

import typer

from blindspot.errors import BlindspotError, RefusedError

app = typer.Typer(
    name="blindspot",
    help="See the ground that a town's fixed cameras leave blind, lawfully. `./blindspot setup` only sets up, "
    "`./blindspot test` runs every check and test.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _register() -> None:
    """Add the commands; their heavy imports happen when one runs."""
    from blindspot.cli import authority, bench, calibrate, coverage, plan, preflight, sim, site

    app.command("sim")(sim.sim)
    app.command("plan")(plan.plan)
    app.command("preflight")(preflight.preflight)
    app.command("coverage")(coverage.coverage)
    app.command("bench")(bench.bench)
    app.add_typer(site.app, name="site", help="The town: what its model assumes and whether it can be used.")
    app.add_typer(calibrate.app, name="calibrate", help="A drone's file from what the drone does.")
    app.add_typer(authority.app, name="authority", help="Authorisations: hashes and verdicts.")


def main() -> None:
    """Entry point of the script and of `python -m blindspot.cli`."""
    _register()
    try:
        app(prog_name="blindspot")
    except RefusedError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        sys.exit(3)
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
