"""A node that dies and is back at once never falls silent: its process says so."""

from __future__ import annotations

from blindspot.nodes.missions.restart import Restarts


def test_a_node_in_another_process_was_started_again_and_is_named_once():
    processes = {"/a": (1, 10), "/b": (2, 20), "/c": None}
    restarts = Restarts(processes, lambda node: processes[node])
    assert restarts.step() == ()
    assert restarts.step() == ()
    processes["/a"] = (1, 11)  # the kernel gives numbers again
    assert restarts.step() == ("/a",)
    assert restarts.step() == ()


def test_a_node_that_died_with_the_manager_is_named_by_the_next_one():
    processes = {"/a": (1, 10), "/b": (2, 20)}
    before = Restarts(processes, lambda node: processes[node])
    before.step()
    kept = dict(before.known)
    processes["/a"] = (3, 30)
    restarts = Restarts(processes, lambda node: processes[node])
    restarts.go_on_from(kept | {"/gone": (9, 90)})
    assert restarts.step() == ("/a",)
    assert restarts.step() == () and restarts.known == processes


def test_a_node_whose_process_becomes_known_or_unknown_was_not_started_again():
    processes: dict[str, tuple[int, int] | None] = {"/a": None}
    restarts = Restarts(processes, lambda node: processes[node])
    for process in (None, (1, 10), None, (1, 10)):
        processes["/a"] = process
        assert restarts.step() == ()
