"""The pictures of one page: the newest alone, only while the page looks, only in the run of the look."""

import json

import pytest

from blindspot.console.pictures import PageLooks, PictureBox
from blindspot.console.pictures.live_looks import Granted, ToSign
from blindspot.console.pictures.page_looks import MOST_ANSWERS
from blindspot.core import BlindspotError
from blindspot.evidence.acts import Actor

JPEG = b"\xff\xd8\xff\xe0 picture %d \xff\xd9"


class Rights:
    """Grants each look, except to Nobody; Key has to sign."""

    run = "evening"

    def run_of(self, drone):
        return self.run

    def ask(self, drone, person, reason):
        if person == "Nobody":
            raise BlindspotError("Nobody is no viewer")
        if person == "Key":
            return ToSign(drone, self.run, Actor(person), "the text", 0.0)
        return Granted(drone, self.run)

    def signed(self, asked, signature):
        return Granted(asked.drone, asked.run)


@pytest.fixture
def box():
    return PictureBox()


@pytest.fixture
def rights():
    return Rights()


@pytest.fixture
def page(rights, box):
    return PageLooks(rights, box)


def said(page, now_s=0.0):
    return [(json.loads(line), jpeg) for line, _, jpeg in (each.partition(b"\n") for each in page.messages(now_s))]


def begin(page, drone="drone1", **more):
    assert page.hear({"drone": drone, "person": "V. Viewer", "reason": "a fight", **more})
    return said(page)[0][0]


def test_the_newest_picture_arrives_once_with_its_age(page, box):
    assert begin(page)["state"] == "waits"
    for number in (1, 2):
        box.take("drone1", JPEG % number, heard_s=10.0, age_s=0.5)
    assert said(page, 10.25) == [({"drone": "drone1", "state": "shown", "age_s": 0.75}, JPEG % 2)]
    assert said(page, 11.0) == []


def test_somebody_looks_until_the_last_page_leaves(rights, box):
    pages = [PageLooks(rights, box) for _ in range(2)]
    for page in pages:
        begin(page)
        begin(page)  # a second question is no second look
    assert box.looked_at == {"drone1"}
    box.take("drone1", JPEG % 1, 0.0, 0.0)
    pages[0].hear({"drone": "drone1", "end": True})
    assert box.looked_at == {"drone1"} and said(pages[0]) == []
    pages[1].close()
    assert box.looked_at == frozenset() and box.newest("drone1") is None
    pages[1].hear({"drone": "drone1"})  # a question that was under way while the page went
    assert box.looked_at == frozenset()


def test_a_refused_look_says_why(page, box):
    begin(page)
    assert begin(page, person="Nobody") == {"drone": "drone1", "state": "refused", "problem": "Nobody is no viewer"}
    assert box.looked_at == frozenset()


def test_a_key_signs_before_the_look(page, box):
    assert begin(page, person="Key") == {"drone": "drone1", "state": "sign", "text": "the text"}
    assert box.looked_at == frozenset()
    assert begin(page, person="Key", signature="signed")["state"] == "waits"
    assert box.looked_at == {"drone1"}


def test_a_look_ends_with_its_run(page, rights, box):
    begin(page)
    box.take("drone1", JPEG % 1, 0.0, 0.0)
    rights.run = "another evening"
    [(content, jpeg)] = said(page)
    assert (content["state"], jpeg, box.looked_at) == ("refused", b"", frozenset())


def test_a_withheld_picture_says_why_and_comes_back(page, box):
    begin(page)
    box.take("drone1", JPEG % 1, 0.0, 0.0)
    box.withhold("drone1", "a foreign publisher")
    box.take("drone1", JPEG % 2, 0.0, 0.0)
    assert said(page) == [({"drone": "drone1", "state": "withheld", "problem": "a foreign publisher"}, b"")]
    assert said(page) == []
    box.withhold("drone1", "")
    assert said(page)[0][0]["state"] == "waits"
    box.take("drone1", JPEG % 3, 0.0, 0.0)
    assert said(page)[0][1] == JPEG % 3


@pytest.mark.parametrize(
    "jpeg", [b"", b"GIF89a", b"\xff\xd8\xff" + bytes(2_000_000) + b"\xff\xd9", b"\xff\xd8\xff cut"]
)
def test_a_box_takes_jpegs_of_a_usual_size_alone(box, jpeg):
    box.look("drone1")
    assert not box.take("drone1", jpeg, 0.0, 0.0) and box.newest("drone1") is None


@pytest.mark.parametrize("words", [None, [], "drone1", {"drone": 5}, {"drone": "drone1", "person": "x" * 101}])
def test_garbage_is_nothing(page, words):
    assert not page.hear(words) and said(page) == []


def test_a_page_that_asks_and_reads_nothing_costs_a_bounded_memory(page):
    for number in range(2 * MOST_ANSWERS):
        page.hear({"drone": f"drone{number}", "person": "Nobody"})
    assert len(page.messages(0.0)) == MOST_ANSWERS
