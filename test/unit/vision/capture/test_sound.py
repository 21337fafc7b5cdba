"""The sound tracks of a stream: an RTSP server is asked for its description, and each unknown is no permission."""

from __future__ import annotations

import hashlib
import itertools
import socketserver
from base64 import b64encode
from threading import Semaphore, Thread

import pytest

from blindspot.vision.capture.address import read_address
from blindspot.vision.capture.rtsp import describe
from blindspot.vision.capture.sound import sound_of

VIDEO = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
AUDIO = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/48000/1\r\n"
METADATA = "m=application 0 RTP/AVP 98\r\na=rtpmap:98 vnd.onvif.metadata/90000\r\n"
RTSP = "rtsp://192.0.2.7/live"


@pytest.mark.parametrize(
    ("sdp", "found"),
    [
        (VIDEO, ()),
        (VIDEO + METADATA, ()),
        (VIDEO + AUDIO, ("audio track",)),
        (AUDIO, ("audio track",)),
        (None, None),
        ("", None),
        ("no description", None),
        (METADATA, None),
        (VIDEO + "m=\r\n", None),
        (VIDEO + "m=multipart 0 RTP/AVP 99\r\n", None),
        (VIDEO.replace("96", "33"), None),
        (VIDEO.replace("H264", "mp2t"), None),
    ],
)
def test_a_stream_is_silent_only_if_its_description_names_pictures_alone(sdp, found):
    asked = []
    assert sound_of(read_address(RTSP), lambda url: asked.append(url) or sdp) == found
    assert asked == [RTSP]


@pytest.mark.parametrize(
    ("pipeline", "found"),
    [
        ("nvarguscamerasrc sensor-id=0 ! video/x-raw(memory:NVMM), width=1280 ! nvvidconv ! appsink", ()),
        ("v4l2src device=/dev/video0 ! videoconvert ! appsink drop=1", ()),
        ("rtspsrc location=rtsp://192.0.2.7/live latency=0 ! rtph264depay ! avdec_h264 ! appsink", ()),
        ("rtspsrc latency=0 ! rtph264depay ! appsink", None),
        ("udpsrc port=5600 ! rtph264depay ! appsink", None),
        ("alsasrc ! opusenc ! appsink", ("alsasrc", "opusenc")),
        ("v4l2src ! tee name=t t. ! appsink", None),
        ("v4l2src ! appsink pulsesrc ! fakesink", ("pulsesrc",)),
        ("v4l2src ! appsink othersrc ! fakesink", None),
        ('v4l2src device="/dev/video0 ! appsink', None),
    ],
)
def test_a_pipeline_is_silent_only_as_one_chain_from_a_camera_or_a_silent_stream(pipeline, found):
    address = read_address(pipeline)
    assert address.kind == "pipeline"
    assert sound_of(address, lambda url: VIDEO if url == RTSP else None) == found


@pytest.mark.parametrize(
    ("address", "found"),
    [("renderer", ()), ("/dev/video0", ()), ("topic:driver/image_raw", None), ("http://192.0.2.7/mjpeg", None),
     ("udp://0.0.0.0:5600", None)],
)  # fmt: skip
def test_other_sources_are_silent_by_their_kind_or_unknown(address, found):
    assert sound_of(read_address(address), lambda _: VIDEO) == found


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


CHALLENGES = {
    "": "",
    "Basic": 'Basic realm="cam"',
    "Digest": 'Digest realm="cam", nonce="n1", algorithm=MD5',
    "Digest qop": 'Digest realm="cam", nonce="n1", qop="auth"',
}


class Camera(socketserver.ThreadingTCPServer):
    """An RTSP server with a user `ada` and the password `p@ss`; `answer` replaces its description."""

    allow_reuse_address = daemon_threads = True
    challenge, answer, kind = "", VIDEO + AUDIO, "application/sdp"

    def is_right(self, said: str, url: str) -> bool:
        if not self.challenge:
            return True
        if self.challenge.startswith("Basic"):
            return said == "Basic " + b64encode(b"ada:p@ss").decode()
        secret, act = md5("ada:cam:p@ss"), md5(f"DESCRIBE:{url}")
        if "qop" in self.challenge:
            once = said.partition('cnonce="')[2].partition('"')[0]
            return f'response="{md5(f"{secret}:n1:00000001:{once}:auth:{act}")}"' in said and once != ""
        return f'response="{md5(f"{secret}:n1:{act}")}"' in said


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        request = self.rfile.readline().decode().split()
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name] = value
        assert request[0] == "DESCRIBE" and "@" not in request[1] and headers["Accept"] == "application/sdp"
        if not self.server.is_right(headers.get("Authorization", ""), request[1]):
            self.wfile.write(f"RTSP/1.0 401 No\r\nWWW-Authenticate: {self.server.challenge}\r\n\r\n".encode())
            return
        body, kind = self.server.answer, self.server.kind
        self.wfile.write(f"RTSP/1.0 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        self.wfile.write(body.encode())


@pytest.fixture
def camera():
    with Camera(("127.0.0.1", 0), Session) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("challenge", sorted(CHALLENGES))
def test_a_server_is_asked_with_the_user_of_the_address(camera, challenge):
    camera.challenge = CHALLENGES[challenge]
    port = camera.server_address[1]
    assert describe(f"rtsp://ada:p%40ss@127.0.0.1:{port}/live") == VIDEO + AUDIO
    found = sound_of(read_address(f"rtsp://ada:p%40ss@127.0.0.1:{port}/live"))
    assert found == ("audio track",)
    if challenge:
        assert describe(f"rtsp://ada:wrong@127.0.0.1:{port}/live") is None
        assert describe(f"rtsp://127.0.0.1:{port}/live") is None


def test_a_server_that_gives_no_whole_description_is_unknown(camera):
    port = camera.server_address[1]
    camera.kind = "text/html"
    assert describe(f"rtsp://127.0.0.1:{port}/live") is None
    camera.kind, camera.answer = "application/sdp", "x" * 70_000
    assert describe(f"rtsp://127.0.0.1:{port}/live") is None


def test_a_server_that_drips_its_answer_is_unknown_once_the_time_for_the_whole_answer_is_over(camera):
    """Each byte comes in time, and an answer without an end would keep the question open for ever."""
    looks, asked = itertools.count(), Semaphore(0)

    def now_s() -> float:  # each look at the clock is half a second later, and lets the server send one byte more
        asked.release()
        return 100.0 + 0.5 * next(looks)

    class Dripping(Session):
        def handle(self):
            while asked.acquire(timeout=10.0):
                self.wfile.write(b"x")

    camera.RequestHandlerClass = Dripping
    assert describe(f"rtsp://127.0.0.1:{camera.server_address[1]}/live", 3.0, now_s) is None
    assert next(looks) == 3.0 / 0.5 + 1


@pytest.mark.parametrize("url", ["rtsp://127.0.0.1:1/x", "rtsp:///x", "rtsp://127.0.0.1:999999/x", "rtsp://a b/x",
                                 "rtsp://127.0.0.1:1/x\r\nDESCRIBE"])  # fmt: skip
def test_an_address_without_a_server_is_unknown(url):
    assert describe(url, timeout_s=0.5) is None
