"""Requirement groups: which a command needs, and that an environment keeps those that it has."""

import pytest

from blindspot.core.errors import DependencyError
from blindspot.setup.groups import GROUPS, USUAL, groups_for, installed_groups


@pytest.mark.parametrize(
    ("arguments", "installed", "wanted"),
    [
        ([], (), USUAL),
        (["sim", "mission.yaml"], (), USUAL),
        (["setup"], (), USUAL),
        (["setup", "drone"], (), ("drone",)),
        (["sim", "mission.yaml"], ("drone",), ("drone",)),  # a companion computer stays one
        (["setup", "ground"], ("drone",), ("drone", "ground")),
        (["setup"], ("drone",), ("drone",)),
        (["bench", "flight"], (), (*USUAL, "lab")),
        (["test"], (), GROUPS),
        (["test", "test/unit"], ("drone",), GROUPS),
        (["sim"], GROUPS, GROUPS),
    ],
)
def test_a_command_asks_for_its_groups_beside_those_that_are_there(arguments, installed, wanted):
    assert groups_for(arguments, installed) == wanted


def test_an_unknown_group_is_refused_by_name():
    with pytest.raises(DependencyError, match=r"setup: drones is not a requirement group: name some of drone, ground"):
        groups_for(["setup", "drones"], ())


def test_the_record_of_an_environment_is_read_and_an_absent_one_is_empty(tmp_path):
    (tmp_path / "groups").write_text("drone\nground\nunknown\n")
    assert installed_groups(tmp_path / "groups") == ("drone", "ground")
    assert installed_groups(tmp_path / "absent") == ()
    (tmp_path / "groups").write_bytes(b"\xff drone")
    assert installed_groups(tmp_path / "groups") == ("drone",)
