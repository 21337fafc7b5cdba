"""Whether a process talks as its profile says, by what it has really opened."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from blindspot.core.errors import InputError
from blindspot.stack.programs import dds
from blindspot.stack.programs.dds import Opened, Transports, difference

LOOPBACK = frozenset({"127.0.0.1"})
MB8 = 8 * 1024**2


@pytest.mark.parametrize(
    ("profile", "allowed"),
    [("loopback", Transports(LOOPBACK, 0)), ("loopback_pictures", Transports(LOOPBACK, MB8)),
     ("radio", Transports(frozenset(), 0)), ("radio_pictures", Transports(frozenset(), MB8))],
)  # fmt: skip
def test_our_profiles_allow_no_more_than_they_must(profile, allowed):
    assert Transports.of(dds.profile_file(profile)) == allowed


@pytest.mark.parametrize("profile", ["loopback", "loopback_pictures"])
def test_nodes_of_one_computer_announce_themselves_each_second(profile):
    """A new process finds them by it, if it missed their answers."""
    root = ElementTree.parse(dds.profile_file(profile)).getroot()
    assert [sec.text for sec in root.findall(".//{*}leaseAnnouncement/{*}sec")] == ["1"]


@pytest.mark.parametrize(
    ("allowed", "opened", "problem"),
    [
        (Transports(LOOPBACK, 0), Opened(LOOPBACK | {"239.255.0.1"}, ()), ""),
        (Transports(LOOPBACK, MB8), Opened(LOOPBACK, (52400, MB8 + 4096)), ""),
        (Transports(frozenset(), 0), Opened(frozenset({"0.0.0.0"}), ()), ""),
        (Transports(LOOPBACK, 0), Opened(frozenset({"0.0.0.0"}), ()), "a socket listens on 0.0.0.0"),
        (Transports(LOOPBACK, 0), Opened(LOOPBACK | {"10.9.0.1"}, ()), "a socket listens on 10.9.0.1"),
        (Transports(LOOPBACK, 0), Opened(LOOPBACK, (549408,)), "memory is shared"),
        (Transports(LOOPBACK, MB8), Opened(LOOPBACK, (549408,)), f"no {MB8} bytes of memory are shared"),
        (Transports(LOOPBACK, 0), Opened(frozenset(), ()), "no socket listens on the domain's ports"),
    ],
)
def test_a_difference_from_the_profile_is_named(allowed, opened, problem):
    assert difference(allowed, opened) == problem


@pytest.mark.parametrize("content", [None, "<dds>"])
def test_a_profile_that_is_none_is_refused(tmp_path, content):
    profile = tmp_path / "own.xml"
    if content is not None:
        profile.write_text(content)
    with pytest.raises(InputError, match=r"own.xml: is no DDS profile"):
        dds.refuse_other_transports(0, dds.talks_by(profile))


def test_without_a_profile_a_node_may_talk_as_it_likes():
    dds.refuse_other_transports(0, {})
