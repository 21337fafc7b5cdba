"""Runs a command on the folders of runs that the tests of `acts` have, too."""

from __future__ import annotations

import pytest
from test.unit.acts.conftest import alive, make_run, out, own_state, record, stack  # noqa: F401
from typer.testing import CliRunner

from blindspot.cli.records.runs import app


@pytest.fixture
def run(out):  # noqa: F811
    def invoke(*arguments, answer=None, out=out):
        words = [str(argument) for argument in (*arguments, "--out", out)]
        return CliRunner().invoke(app, words, input=answer, catch_exceptions=False)

    return invoke
