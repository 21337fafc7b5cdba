"""The probe runs in a process of its own. These tests call it in this process."""

from __future__ import annotations

import json
import sys

import pytest

from blindspot.doctor import probe


@pytest.fixture
def printed(capsys):
    def run(*words: str) -> dict[str, str]:
        assert probe.main(list(words)) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_modules(printed, tmp_path, monkeypatch):
    (tmp_path / "that_raises.py").write_text("raise OSError('libGL.so.1:\\n not here')")
    monkeypatch.syspath_prepend(tmp_path)
    assert printed("modules", "json", "no_such_module", "that_raises") == {
        "json": "", "no_such_module": "No module named 'no_such_module'", "that_raises": "libGL.so.1: not here",
    }  # fmt: skip


def test_interfaces_with_their_compiled_half(printed):
    assert printed("interfaces", "std_msgs", "std_srvs", "blindspot_msgs", "no_such_msgs") == {
        "std_msgs": "", "std_srvs": "", "blindspot_msgs": "", "no_such_msgs": "No module named 'no_such_msgs'",
    }  # fmt: skip


def test_a_folder_of_definitions_is_no_package(printed, tmp_path, monkeypatch):
    (tmp_path / "unbuilt_msgs" / "msg").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    assert printed("interfaces", "unbuilt_msgs") == {"unbuilt_msgs": "No module named 'unbuilt_msgs'"}


def test_interfaces_whose_compiled_half_is_gone(printed, tmp_path, monkeypatch):
    package = tmp_path / "half_msgs" / "msg"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text(
        "class _Meta(type):\n    _TYPE_SUPPORT = None\n    @classmethod\n    def __import_type_support__(cls): pass\n"
        "class Half(metaclass=_Meta): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = printed("interfaces", "half_msgs")
    assert found == {"half_msgs": "the compiled half of half_msgs.msg can't be loaded"}


def test_the_middleware(printed):
    assert printed("middleware") == {"rmw_fastrtps_cpp": ""}


def test_without_rclpy_it_ends_with_the_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "rclpy", None)
    with pytest.raises(ModuleNotFoundError, match="rclpy"):
        probe.main(["middleware"])
