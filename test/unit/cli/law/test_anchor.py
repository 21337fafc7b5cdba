"""`authority anchor`: the words of the command; `acts/duties/test_anchors.py` has the time stamps."""

import json

import pytest
from typer.testing import CliRunner

from blindspot.cli.law.authority import app
from blindspot.core.errors import InputError
from blindspot.evidence.journals.journal import Journal


def anchor(*words):
    return CliRunner().invoke(app, ["anchor", *map(str, words)], catch_exceptions=False)


def test_a_request_is_written_over_the_head_of_the_journal(tmp_path):
    journal, request = tmp_path / "journal.jsonl", tmp_path / "head.tsq"
    Journal(journal, "test").write("mission", run="first")
    said = json.loads(anchor("--request", request, "--journal", journal, "--json").output)
    assert said["number"] == 1 and request.read_bytes()[0] == 0x30, "a sequence of ASN.1"
    with pytest.raises(InputError, match="--request"):
        anchor("--request", request, "--journal", journal)


@pytest.mark.parametrize("words", [[], ["--request", "a", "--take", "b"], ["--take", "a"], ["--tsa", "https://x"]])
def test_exactly_one_way_and_a_certificate_are_needed(words):
    with pytest.raises(InputError, match=r"is needed, one of them|--certificate"):
        anchor(*words)
