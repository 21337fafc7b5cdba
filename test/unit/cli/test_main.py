import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blindspot import __version__
from blindspot.cli import __main__ as program
from blindspot.cli.__main__ import main, refuse_empty
from blindspot.cli.law.authority import hash_file
from blindspot.core.errors import InputError

ROOT = Path(__file__).parents[3]
BUSY = """
import os, signal, sys
import blindspot.site.load
from blindspot.cli.__main__ import main

def work(*_):
    {work}
    while True:
        pass

blindspot.site.load.load_site = work
{when}
sys.argv = ["blindspot", "site", "check", "."]
main()
"""
"""A command that would never end gets Ctrl-C, at a moment that `when` or `work` sets."""


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (["coverage", "town", "--out", ""], "--out: is empty; give a value or leave it out"),
        (["coverage", "town", "--out="], "--out: is empty"),
        (["coverage", ""], "an argument: is empty"),
        (["coverage", "town\udcff"], "an argument: town: is no text in UTF-8"),
    ],
)
def test_a_word_that_is_empty_or_no_text_is_refused(words, reported):
    with pytest.raises(InputError, match=f"^{reported}"):
        refuse_empty(words)


def test_a_mistake_is_one_line_and_exit_code_2(monkeypatch, capsys):
    monkeypatch.setattr("blindspot.cli.__main__.take_interrupts", lambda: None)
    monkeypatch.setattr(sys, "argv", ["blindspot", "site", "check", "/now\nhere"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines() == [
        "blindspot: /now here: is no folder; give a site's folder, for example config/sites/nantes, "
        "or make one: blindspot site import"
    ]


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (
            ["site", "import", "new", "--datum-m", "nan"],
            "blindspot: blindspot site import: --datum-m: should be less than or equal to 9000; "
            "blindspot site import --help lists the values",
        ),
        (
            ["plan", "--otu", "x"],
            "blindspot: blindspot plan: No such option: --otu (Possible options: --out); "
            "blindspot plan --help lists the options",
        ),
        (
            ["--versoin"],
            "blindspot: blindspot: No such option: --versoin (Possible options: --version); "
            "blindspot --help lists the options",
        ),
        (
            ["site", "checks"],
            "blindspot: blindspot site: No such command checks. Did you mean check?; "
            "blindspot site --help lists the commands",
        ),
        (
            ["check-inspectio"],  # the gate's own command is not suggested
            "blindspot: blindspot: No such command check-inspectio. Did you mean inspect?; "
            "blindspot --help lists the commands",
        ),
        (
            ["sim"],
            "blindspot: blindspot sim: Missing argument mission; blindspot sim --help lists the values",
        ),
    ],
)
def test_a_wrong_option_is_one_line_too(monkeypatch, capsys, words, reported):
    monkeypatch.setattr("blindspot.cli.__main__.take_interrupts", lambda: None)
    monkeypatch.setattr(sys, "argv", ["blindspot", *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert (end.value.code, capsys.readouterr().err.splitlines()) == (2, [reported])


MOMENTS = {
    "before its first line": ("signal.pthread_sigmask(signal.SIG_BLOCK, {2}); signal.raise_signal(2)", "pass"),
    "while it imports": (
        """
class Finder:
    def find_spec(self, name, *rest):
        if name == "xmlrpc.client":
            try:
                os.kill(os.getpid(), 2)
            except KeyboardInterrupt:
                raise ImportError("what numpy makes of it")
sys.meta_path.insert(0, Finder())
""",
        "import xmlrpc.client",
    ),
    "while numba compiles": (
        """
import numba
from llvmlite.binding.executionengine import ExecutionEngine
hook = ExecutionEngine._raw_object_cache_notify
def notify(self, data):
    import os
    os.kill(os.getpid(), 2)
hook.__code__ = notify.__code__.replace(co_filename=hook.__code__.co_filename)
""",
        "numba.njit(lambda x: 2 * x)(1)",
    ),
    "in a callback of the graph": (
        """
from blindspot.nodes.graph import guarded
guarded.Node.create_subscription = lambda self, msg_type, topic, heard: heard

def callback(message):
    try:
        os.kill(os.getpid(), 2)
    except KeyboardInterrupt:
        print("the executor would print its traceback")

heard = object.__new__(guarded.GuardedNode).create_subscription(None, "topic", callback)
""",
        "heard(None)",
    ),
    "at work": ("", "os.kill(os.getpid(), 2)"),
    "at work, by SIGTERM": ("", "os.kill(os.getpid(), 15)"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupt_is_one_line_and_exit_code_130_at_any_moment(moment):
    when, work = MOMENTS[moment]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    code = BUSY.replace("{when}", when).replace("{work}", work)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "blindspot: interrupted\n", 130)


def test_a_missing_file_to_hash_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"nope: can't be read \(No such file or directory\); name an existing file"):
        hash_file(tmp_path / "nope")


def cli(*words, **environ):
    command = [sys.executable, "-P", "-m", "blindspot.cli", *words]
    return subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)


def test_the_version_is_that_of_every_package():
    printed = cli("--version").stdout.strip()
    assert printed == f"blindspot {__version__}"
    for folder in (".", "sim", "src/blindspot_msgs"):
        assert f"<version>{__version__}</version>" in (ROOT / folder / "package.xml").read_text()
    assert f'version="{__version__}"' in (ROOT / "setup.py").read_text()


def test_a_command_loads_no_heavy_library_before_it_runs():
    """Each command is a process of its own, the checker and the planner of a stack too."""
    code = "import sys; from blindspot.cli.__main__ import app; app(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pydantic", "cryptography", "shapely", "pyproj", "yaml", "rclpy", "rich"} & set(loaded)


def test_a_command_loads_no_module_of_another_command():
    """They take a third of the time of a short command."""
    code = "import sys; from blindspot.cli.__main__ import app; app(*sys.argv[1:]); print(*sys.modules)"

    def loaded(*words):
        run = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        return {module for module in run.stdout.split() if module.startswith("blindspot.cli.")}

    everything = loaded()
    for word, own in (("verify", "records.verify"), ("return", "operate.orders"), ("site", "sites.site")):
        alone = loaded(word)
        assert f"blindspot.cli.{own}" in alone and len(alone) < len(everything) / 3, alone
    assert loaded("nonsense") == everything, "the error names the commands that there are"


def test_an_order_loads_no_library_of_maps_or_certificates():
    code = "import sys; import blindspot.cli.sessions.the_stack; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pyproj", "shapely", "cryptography.x509", "scipy", "cv2"} & set(loaded)


def test_an_order_to_the_stack_of_this_computer_loads_no_ros():
    """On a busy computer each library costs seconds, and drones fly meanwhile."""
    code = (
        "import sys; from blindspot.cli.__main__ import app; app('hold'); "
        "from blindspot.nodes.clients import connect, order_socket; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"rclpy", "numpy", "pydantic", "yaml", "cryptography", "rich"} & set(loaded)


@pytest.mark.parametrize(("typed", "offered"), [("pl", "plan"), ("plan --par", "--pareto"), ("site ch", "check")])
def test_the_shell_completes_commands_and_options(typed, offered):
    last = str(len(typed.split()))
    done = cli(_BLINDSPOT_COMPLETE="complete_bash", COMP_WORDS=f"blindspot {typed}", COMP_CWORD=last)
    assert done.stdout.split() == [offered]


def test_a_command_of_the_ground_station_on_a_drone_names_the_set_up_that_it_needs():
    """A drone installs no numba."""
    mission = ROOT / "config" / "missions" / "crossroads.yaml"
    code = (
        "import sys; sys.modules['numba'] = None; from blindspot.cli.__main__ import main; "
        f"sys.argv = ['blindspot', 'plan', {str(mission)!r}]; main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 2
    assert "blindspot: the library numba is not installed: ./blindspot setup ground simulator" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_link_to_itself_is_a_mistake_of_one_line(monkeypatch, capsys, tmp_path):
    (tmp_path / "a.json").symlink_to("a.json")
    monkeypatch.setattr("blindspot.cli.__main__.take_interrupts", lambda: None)
    words = "authority notices n.yaml --person A --source x --key k --zones"
    monkeypatch.setattr(sys, "argv", ["blindspot", *words.split(), str(tmp_path / "a.json")])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr().err
    assert end.value.code == 2 and said.count("\n") == 1 and "a.json" in said


def test_a_disk_that_fails_unexpectedly_is_one_line(monkeypatch, capsys):
    def fail(_):
        raise OSError(28, "No space left on device", "/runs/a.json")

    monkeypatch.setattr("blindspot.cli.__main__.take_interrupts", lambda: None)
    monkeypatch.setattr("blindspot.cli.__main__.refuse_empty", fail)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert capsys.readouterr().err == "blindspot: /runs/a.json: No space left on device; see the file and its disk\n"


def test_a_full_disk_below_the_output_is_one_line():
    with open("/dev/full", "w") as full:  # noqa: PTH123
        words = [sys.executable, "-m", "blindspot.cli", "authority", "levels"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.stderr == "blindspot: the output can't be written (No space left on device); see its disk\n"
    assert done.returncode == 2


def test_a_reader_that_ends_early_is_not_taken_for_a_finding():
    """Code 1 of `verify` and `check` says that something is broken."""
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "blindspot.cli", "authority", "levels"]
    done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_closed_output_is_no_error():
    words = [sys.executable, "-m", "blindspot.cli", "authority", "levels"]
    closed = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *words]
    done = subprocess.run(closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_the_letters_of_a_name_gets_others():
    text = (
        "import blindspot.cli.__main__ as cli; cli.refuse_empty = lambda _: cli.sys.exit(print('Orléans')); cli.main()"
    )
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", text], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "Orl\\xe9ans\n"), done.stderr


def test_help_lists_each_command_once_under_one_of_five_headings():
    listed = [name for names in program.PANELS.values() for name in names]
    assert len(listed) == len(set(listed))
    assert {*program.COMMANDS, *program.GROUPS} - {program.HIDDEN} <= set(listed)
    shown = CliRunner().invoke(program.app(), ["--help"]).stdout
    places = [shown.index(f"─ {panel} ─") for panel in ("Fly", "Plan", "Town", "Records", "Real drones")]
    assert places == sorted(places) and "─ Commands ─" not in shown
