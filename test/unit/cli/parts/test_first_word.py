"""A silent command says that it is at work; one that has printed something says nothing more."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from blindspot.cli.parts.first_word import FirstWord
from blindspot.core import without_progress


class Stream(io.StringIO):
    """A text stream whose `write` may be replaced, as that of standard output."""


def test_a_silent_command_speaks_on_standard_error(capsys):
    FirstWord("plan", Stream(), None).say()
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "progress: plan: at work\n")
    assert without_progress(said.err) == "", "programs that read standard error drop it"


@pytest.mark.parametrize("which", [0, 1])
def test_a_command_that_has_printed_something_adds_nothing(capsys, which):
    streams = Stream(), Stream()
    word = FirstWord("plan", *streams)
    print("a result", file=streams[which])
    word.say()
    assert streams[which].getvalue() == "a result\n" and capsys.readouterr().err == ""


def test_the_streams_of_a_process_are_heard():
    """Those of the interpreter itself are no StringIO."""
    code = (
        "import sys; from blindspot.cli.parts.first_word import FirstWord as Word; "
        "word = Word('plan', sys.stdout, sys.stderr); "
        "word.say(); print('result'); Word('plan', sys.stdout, sys.stderr).say(); word.say()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "result\n"
    assert done.stderr == "progress: plan: at work\nprogress: plan: at work\n"


def test_a_silent_command_in_a_pipe_stays_silent():
    code = (
        "import threading; from blindspot.cli.parts.first_word import speak_within; speak_within('plan', 0.0); "
        "[each.join() for each in threading.enumerate() if each is not threading.main_thread()]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
