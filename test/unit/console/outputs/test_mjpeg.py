"""Masked pictures for a video program: behind a token, never during runs under a law."""

import base64
import http.client
import time
from threading import Lock

import pytest

from blindspot.console import ConsoleServer, View, free_socket
from blindspot.console.outputs import MaskedStreams
from blindspot.console.pictures import LiveLooks, PictureBox
from blindspot.evidence import Journal
from blindspot.evidence.journals import entries_of_act

TOKEN = "a token of the town"
JPEG = b"\xff\xd8\xff a picture \xff\xd9"
BEARER = f"Bearer {TOKEN}"


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def runs():
    return {"drone1": "evening", "drone2": ""}


@pytest.fixture
def box():
    return PictureBox()


@pytest.fixture
def ask(tmp_path, journal, runs, box):
    """Asks for the pictures of a drone, whose run has this profile."""
    token_file = tmp_path / "token"
    token_file.write_text(TOKEN)
    token_file.chmod(0o600)
    streams = MaskedStreams(token_file, runs, LiveLooks(journal, runs.get, lambda *_: None), box)
    opened = free_socket()
    server = ConsoleServer(View(), Lock(), "key", {}, {}, lambda said: False, stream=streams.answer)
    server.start(opened)

    def answer(profile="PRIVATE-SITE", said=BEARER, drone="drone1", run="evening"):
        if profile:
            Journal(journal, "authority").write(
                "clearance", run=run, granted=True, profile=profile, pilots=["P. Pilot"]
            )
        connection = http.client.HTTPConnection("127.0.0.1", opened.getsockname()[1], timeout=10)
        connection.request("GET", f"/drones/{drone}/masked.mjpeg", headers={"Authorization": said})
        return connection.getresponse()

    yield answer
    server.stop()


@pytest.mark.parametrize("said", [BEARER, "Basic " + base64.b64encode(f"town:{TOKEN}".encode()).decode()])
def test_a_program_with_the_token_gets_each_newest_picture_after_the_entry(ask, box, runs, journal, said):
    answer = ask(said=said)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("multipart/x-mixed-replace")
    [entry] = entries_of_act(journal, "consultation")
    assert (entry.facts["run"], entry.facts["live"], entry.facts["reason"]) == ("evening", True, "masked.mjpeg")
    while "drone1" not in box.looked_at:
        time.sleep(0.001)
    box.take("drone1", JPEG, time.monotonic(), 0.0)
    assert answer.readline() == b"--picture\r\n"
    while answer.readline().strip():
        pass
    assert answer.read(len(JPEG)) == JPEG
    runs["drone1"] = "the next evening"
    assert answer.read() == b"\r\n"
    assert box.looked_at == frozenset()


@pytest.mark.parametrize("profile", ["FR-CSI-L242-5", "FR-CSI-L242-6", "GENERIC-PUBLIC", "unknown"])
def test_no_link_during_a_run_under_a_law(ask, profile):
    answer = ask(profile)
    assert answer.status == 403 and b"L242-4" in answer.read()


def test_another_drone_s_run_under_a_law_refuses_all(ask, runs):
    runs["drone2"] = "patrol"
    ask("FR-CSI-L242-5", run="patrol").read()
    assert ask("PRIVATE-SITE").status == 403


def test_a_run_without_a_clearance_has_no_picture(ask):
    assert ask(profile="").status == 403


@pytest.mark.parametrize("said", ["", "Bearer guessed", "Basic !", "Basic Z3Vlc3NlZA==", f"Digest {TOKEN}", TOKEN])
def test_without_the_token_there_is_nothing(ask, said):
    assert ask(said=said).status == 401


def test_an_unknown_drone_is_no_drone(ask):
    assert ask(drone="drone9").status == 404
