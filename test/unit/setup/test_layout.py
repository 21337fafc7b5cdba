import os
from pathlib import Path

import pytest

from blindspot.core.errors import DependencyError
from blindspot.setup.layout import Layout, content_key, find_layout

ROOT = Path("/repo")


def test_without_a_distribution_the_environment_is_our_own() -> None:
    assert find_layout(ROOT, {}).venv == ROOT / ".venv"
    assert find_layout(ROOT, {"ROS_DISTRO": "jazzy"}).distribution is None


def test_a_sourced_distribution_gets_an_environment_beside() -> None:
    layout = find_layout(ROOT, {"ROS_DISTRO": "kilted", "AMENT_PREFIX_PATH": "/overlay:/opt/ros/kilted"})
    assert layout.venv == ROOT / ".venv-kilted"
    assert layout.distribution is not None
    assert layout.distribution.prefixes == (Path("/overlay"), Path("/opt/ros/kilted"))


def test_an_unsupported_distribution_is_refused_with_what_to_source() -> None:
    with pytest.raises(DependencyError, match=r"humble .* source /opt/ros/jazzy/setup\.bash"):
        find_layout(ROOT, {"ROS_DISTRO": "humble", "AMENT_PREFIX_PATH": "/opt/ros/humble"})


def test_our_own_environment_does_not_count_as_part_of_the_distribution() -> None:
    inside = Layout(ROOT, None).environ({"ROS_DISTRO": "jazzy", "AMENT_PREFIX_PATH": "/opt/ros/jazzy"})
    layout = find_layout(ROOT, inside)
    assert layout.distribution is not None
    assert layout.distribution.prefixes == (Path("/opt/ros/jazzy"),)


def test_a_distribution_has_what_lies_in_one_of_its_prefixes(tmp_path: Path) -> None:
    (tmp_path / "share" / "mavros_msgs").mkdir(parents=True)
    (tmp_path / "share" / "mavros_msgs" / "package.xml").touch()
    layout = find_layout(ROOT, {"ROS_DISTRO": "jazzy", "AMENT_PREFIX_PATH": f"/nowhere:{tmp_path}"})
    assert layout.distribution is not None
    assert layout.distribution.has("mavros_msgs")
    assert not layout.distribution.has("vision_msgs")


def test_the_root_stays_off_the_path_and_nothing_is_named_twice() -> None:
    layout = Layout(ROOT)
    once = layout.environ({"PYTHONPATH": "/theirs", "PATH": "/bin"})
    assert once["PYTHONPATH"].split(os.pathsep) == ["/repo/src", "/repo/sim", "/repo/lab", "/theirs"]
    assert once["PYTHONSAFEPATH"] == "1"
    assert layout.environ(once) == once


def test_the_mark_of_another_environment_is_dropped() -> None:
    assert "_ROS_WHEELS_BOOTSTRAP_COMPLETE" not in Layout(ROOT).environ({"_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1"})


def test_a_key_changes_with_contents_names_and_words_but_not_with_caches(tmp_path: Path) -> None:
    message = tmp_path / "A.msg"
    message.write_text("bool a\n")
    key = content_key([tmp_path], "x")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("cache")
    assert content_key([tmp_path], "x") == key
    assert content_key([tmp_path], "y") != key
    message.write_text("bool b\n")
    changed = content_key([tmp_path], "x")
    assert changed != key
    message.rename(tmp_path / "B.msg")
    assert content_key([tmp_path], "x") not in (key, changed)
