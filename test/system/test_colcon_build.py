"""The repository builds as a ROS 2 workspace: on its own, and as a part of a larger one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from blindspot.stack.programs.launch_table import MODES

ROOT = Path(__file__).parents[2]
PACKAGES = {"blindspot", "blindspot_msgs", "blindspot_sim"}
NODES = {
    "authority", "camera", "coverage_monitor", "coverage_planner", "detector", "flight_control", "logbook",
    "mission_manager", "mission_starter", "recorder", "scheduler",
}  # fmt: skip
LEFT_OUT = shutil.ignore_patterns(".*", "build", "install", "log", "runs", "__pycache__")
# Features of an installed workspace, checked with only that workspace sourced.
QUESTIONS = """
from pathlib import Path
import blindspot, blindspot_sim, blindspot_msgs.msg
from ament_index_python import get_package_prefix, get_package_share_directory
from blindspot.stack.bringup import CONFIG_DIR
share = Path(get_package_share_directory("blindspot"))
print(blindspot.__file__)
print(CONFIG_DIR.resolve())
print(*sorted(path.name for path in (share / "launch").iterdir()))
print(*sorted(path.name for path in Path(get_package_prefix("blindspot"), "lib", "blindspot").iterdir()))
print(*sorted(path.name for path in Path(get_package_prefix("blindspot_sim"), "lib", "blindspot_sim").iterdir()))
"""

pytestmark = pytest.mark.slow


def environ() -> dict[str, str]:
    """This process's environment, except the paths by which the source tree could replace the build."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "COLCON_DEFAULTS_FILE")}
    underlay = kept.get("AMENT_PREFIX_PATH", sys.prefix)
    return {**kept, "AMENT_PREFIX_PATH": underlay, "CMAKE_PREFIX_PATH": underlay, "PYTHONSAFEPATH": "1"}


def colcon(*arguments: str, cwd: Path) -> str:
    command = [Path(sys.executable).with_name("colcon"), *arguments]
    done = subprocess.run(command, cwd=cwd, env=environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ask(workspace: Path) -> list[str]:
    """The answers to QUESTIONS, one per line, from a shell that sources the workspace's install folder."""
    script = f'. install/setup.sh && exec "{sys.executable}" -c "$QUESTIONS"'
    env = {**environ(), "QUESTIONS": QUESTIONS}
    done = subprocess.run(["bash", "-c", script], cwd=workspace, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.thorough
def test_the_repository_is_its_own_workspace(tmp_path: Path) -> None:
    workspace = shutil.copytree(ROOT, tmp_path / "clone", ignore=LEFT_OUT)
    colcon("build", "--cmake-args", "-DPYTHON_ONLY=ON", "-DBUILD_TESTING=OFF", "-GNinja", cwd=workspace)
    assert {folder.name for folder in (workspace / "install").iterdir() if folder.is_dir()} == PACKAGES

    module, config, launch_files, executables, simulators = ask(workspace)
    assert Path(module).is_relative_to(workspace / "install")
    assert Path(config).is_relative_to(workspace / "install" / "blindspot" / "share")
    assert launch_files.split() == [f"{mode}.launch.py" for mode in sorted(MODES)]
    assert set(executables.split()) == NODES | {"blindspot"}
    assert set(simulators.split()) == {"clock", "gazebo_gimbal", "gimbal", "simulator"}


def test_it_is_part_of_a_larger_workspace_with_symlinks(tmp_path: Path) -> None:
    repository = shutil.copytree(ROOT, tmp_path / "src" / "blindspot", ignore=LEFT_OUT)
    # The other test builds the messages; here those of the underlay are enough.
    bases = [f"src/blindspot/{folder}" for folder in (".", "sim")]
    colcon("build", "--symlink-install", "--base-paths", *bases, cwd=tmp_path)

    module, config, _, executables, simulators = ask(tmp_path)
    assert Path(module).resolve() == repository / "src" / "blindspot" / "__init__.py"
    assert Path(config) == repository / "config"
    assert set(executables.split()) >= NODES
    assert "simulator" in simulators.split()
