from pathlib import Path

import pytest

from blindspot.errors import DependencyError
from blindspot.setup.console import CommandError, Progress
from blindspot.setup.environment import (
    constraints_beside,
    explain,
    forget_unfinished,
    locked_names,
    make_environment,
    mend_wheels,
    pins,
)
from blindspot.setup.layout import Layout

LOCK = """\
numba==0.68.1 \\
    --hash=sha256:00 \\
    --hash=sha256:01
    # via -r requirements/requirements.in
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:02
opencv-python-headless==5.0.0.93 \\
    --hash=sha256:03
rich==15.0.0
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "lock.txt"
    file.write_text(LOCK)
    return file


def test_a_lock_is_read_without_its_hashes_and_remarks(lock: Path) -> None:
    assert list(locked_names(lock)) == ["numba", "numpy", "opencv-python-headless", "rich"]
    assert pins(lock)["numpy"] == "numpy==2.4.6 ; python_full_version < '3.12'"
    assert pins(lock)["rich"] == "rich==15.0.0"


def test_beside_a_distribution_numpy_stays_as_it_is_and_what_it_has_is_not_pinned(lock: Path) -> None:
    assert constraints_beside({"numpy": "1.26.4", "rich": "13.7.1"}, lock) == ["numba==0.68.1", "numpy==1.26.4"]


def test_a_link_in_the_environments_place_is_left_alone_and_told(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    layout = Layout(tmp_path)
    layout.venv.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DependencyError, match=rf"\.venv is a link or a file.*: rm {layout.venv}$"):
        make_environment(layout, Progress(1))
    assert layout.venv.is_symlink()


def test_a_package_that_pip_did_not_finish_is_forgotten(tmp_path: Path) -> None:
    for name in ("done-1.dist-info", "half-1.dist-info"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "METADATA").touch()
    (tmp_path / "done-1.dist-info" / "INSTALLER").write_text("pip\n")
    forget_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["done-1.dist-info"]


def test_the_builders_header_folders_are_replaced(tmp_path: Path) -> None:
    file = tmp_path / "share" / "std_msgs" / "cmake" / "export.cmake"
    file.parent.mkdir(parents=True)
    numpy = "/opt/python/cp312-cp312/lib/python3.12/site-packages/numpy/_core/include"
    file.write_text(f'INCLUDE "/opt/python/cp312-cp312/include/python3.12;{numpy};${{prefix}}/include"\n')
    mend_wheels(tmp_path, Path("/usr/include/python3.12"), Path("/venv/numpy"))
    assert file.read_text() == 'INCLUDE "/usr/include/python3.12;/venv/numpy;${prefix}/include"\n'


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'", "export https_proxy="),
        ("ERROR: [Errno 28] No space left on device", "df -h"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "HASHES"),
    ],
)
def test_what_pip_says_becomes_one_line_with_what_to_do(said: str, told: str) -> None:
    line = explain(CommandError(["pip"], 1, ["Collecting numpy", said, ""]), Layout(Path("/repo")), "pip")
    assert told in line
    assert "\n" not in line
