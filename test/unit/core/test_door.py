"""A door names its package's public names once, and loads a module when one of its names is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from blindspot.core.door import names_in_door

DOOR = '''"""A package."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from pack.first import VALUE as VALUE, double as double
    from pack.second import broken as broken
else:
    __getattr__, __all__ = open_door(__name__)
'''


@pytest.fixture
def pack(tmp_path):
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "__init__.py").write_text(DOOR)
    (folder / "first.py").write_text("VALUE = 21\n\n\ndef double():\n    return 2 * VALUE\n")
    (folder / "second.py").write_text("raise RuntimeError('loaded')\n")
    return folder


def outcome_of(pack, code: str) -> str:
    path = f"import sys; sys.path.insert(0, {str(pack.parent)!r})\n"
    ran = subprocess.run([sys.executable, "-c", path + code], capture_output=True, text=True)
    return ran.stdout + ran.stderr


def test_names_and_their_modules_are_read_from_the_init_file(pack):
    assert names_in_door(pack / "__init__.py") == {
        "VALUE": "pack.first", "double": "pack.first", "broken": "pack.second",
    }  # fmt: skip


def test_a_name_is_imported_with_its_module_and_no_other_module_is_loaded(pack):
    code = "from pack import double; print(double(), 'pack.second' in sys.modules)"
    assert outcome_of(pack, code) == "42 False\n"


def test_a_star_import_and_dir_know_the_public_names(pack):
    assert outcome_of(pack, "import pack; print(pack.__all__)") == "['VALUE', 'broken', 'double']\n"


def test_an_unknown_name_is_an_import_error(pack):
    assert "ImportError: cannot import name 'other' from 'pack'" in outcome_of(pack, "from pack import other")


def test_an_error_of_the_module_itself_is_not_hidden(pack):
    assert "RuntimeError: loaded" in outcome_of(pack, "from pack import broken")
