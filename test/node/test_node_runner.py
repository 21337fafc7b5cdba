"""How a node's process ends: by its exit code a stack decides whether the node starts again."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from blindspot.core.errors import InputError
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.node_runner import run
from blindspot.stack.enclaves import OnlyOne, only_one
from blindspot.stack.programs.dds import VARIABLES
from blindspot.stack.supervisor import RestartLimit


@pytest.fixture
def ends(ros_domain, monkeypatch, capfd, tmp_path):
    """Runs a node that meets an error; the exit code of its process, and its sentence."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros_domain))
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    umask = os.umask(0o022)
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def fail(*_: object) -> None:
        raise InputError("plan.json", "", "can't be read", "see its disk")

    def run_it(*, at_start: bool) -> tuple[object, str]:
        def make() -> GuardedNode:
            (tmp_path / "written").touch()
            node = GuardedNode("one", namespace="/blindspot")
            if at_start:
                fail()
            node.create_timer(0.01, fail)
            return node

        with pytest.raises(SystemExit) as end:
            run(make)
        return end.value.code, capfd.readouterr().err

    yield run_it
    os.umask(umask)
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("at_start", "again"), [(True, False), (False, True)])
def test_a_node_with_a_wrong_file_stays_down_and_one_that_met_an_error_at_work_starts_again(ends, at_start, again):
    code, printed = ends(at_start=at_start)
    assert "blindspot: plan.json: can't be read; see its disk" in printed
    assert RestartLimit().allows("one", code, 0.0) is again


def test_a_second_process_of_a_node_does_not_start(ends, ros_domain):
    """Two authorities would each grant leases, and two flight_controls would both obey each order."""
    first = OnlyOne("/blindspot/one", ros_domain)
    code, printed = ends(at_start=False)
    assert "blindspot: /blindspot/one: runs already on this computer" in printed
    assert RestartLimit().allows("one", code, 0.0) is False
    first.close()
    assert "plan.json" in ends(at_start=False)[1]


def test_the_files_of_a_node_are_for_its_user_alone(ends, tmp_path):
    ends(at_start=True)
    assert stat.S_IMODE((tmp_path / "written").stat().st_mode) == 0o600


def test_a_name_that_another_user_of_the_computer_holds_is_tried_again_by_the_stack(
    ends, ros_domain, as_nobody, monkeypatch
):
    """A node that died in flight would stay down for ever otherwise."""
    monkeypatch.setattr(only_one, "FOREIGN_WITHIN_S", 0.0)
    name = f"'\\0blindspot/blindspot/one@{ros_domain}'"
    squatter = as_nobody(
        f"held = socket.socket(socket.AF_UNIX); held.bind({name}); print(1, flush=True); time.sleep(60)"
    )
    assert squatter.stdout.readline() == "1\n"
    code, printed = ends(at_start=False)
    assert "an unknown process holds its name; end it, or choose another ROS_DOMAIN_ID" in printed
    assert RestartLimit().allows("one", code, 0.0) is True


HANGS = """
import time
from blindspot.nodes.graph import node_runner
from blindspot.nodes.graph.guarded import GuardedNode
node_runner.HANGS_S = 2.0

def make():
    node = GuardedNode("one", namespace="/blindspot")
    node.create_timer(0.01, hang)
    return node

def hang():
    time.sleep(600.0)

node_runner.run(make)
"""


def test_a_node_whose_callback_hangs_ends_with_its_stack_in_the_log_and_starts_again(ros_domain):
    environment = {**os.environ, "ROS_DOMAIN_ID": str(ros_domain), "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-P", "-c", HANGS], env=environment, stderr=subprocess.PIPE, text=True, timeout=60.0
    )
    assert "in hang" in ended.stderr and RestartLimit().allows("one", ended.returncode, 0.0)
