"""The address of a stack's console, as a terminal gets it."""

import os

import pytest

from blindspot.cli.parts.console_page import ConsoleNews, address_file
from blindspot.console.address import Address, write_address


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path))
    monkeypatch.setenv("ROS_DOMAIN_ID", "7")
    return tmp_path


def test_the_address_is_said_once_it_is_that_of_the_own_console(state):
    said, pids = [], {}
    news = ConsoleNews(lambda: pids, said.append)
    news.look()  # a stack without a console
    pids["console"] = os.getpid()
    news.look()  # not served yet
    write_address(address_file(), Address(8600, "another", os.getppid()))
    news.look()  # a console that a person started before
    assert said == []
    write_address(address_file(), Address(8601, "key", os.getpid()))
    for _ in range(3):
        news.look()
    assert said == ["console: http://127.0.0.1:8601/#key"]
    assert address_file() == state / "stacks" / "console-7.json"


def test_a_console_that_starts_again_with_the_same_address_is_no_news():
    said, pids = [], {"console": os.getpid()}
    news = ConsoleNews(lambda: pids, said.append)
    write_address(address_file(), Address(8600, "key", os.getpid()))
    news.look()
    pids["console"] = os.getppid()
    write_address(address_file(), Address(8600, "key", os.getppid()))
    news.look()
    assert len(said) == 1
