"""A parameter file of the user's does what it says, or is refused."""

from __future__ import annotations

import pytest

from blindspot.core.errors import InputError
from blindspot.stack.params_file import check_params_file

OURS = {
    "/simulator": ("seed",), "/drone1/camera": ("seed", "mission"), "/drone2/camera": ("seed", "mission"),
    "/blindspot/authority": ("mission",),
}  # fmt: skip
MAVROS = ("/drone1/mavros/", "/drone2/mavros/", "/blindspot/parameter_bridge")


@pytest.fixture
def check(tmp_path):
    def check(text: str, foreign: tuple[str, ...] = ()) -> None:
        (tmp_path / "own.yaml").write_text(text)
        check_params_file(tmp_path / "own.yaml", OURS, foreign)

    return check


@pytest.mark.parametrize(
    "node", ["/**", "/drone1/camera", "drone1/camera", "/*/camera", "/**/camera", "/drone2/*", "/drone1/**"]
)
def test_a_node_by_name_or_pattern(check, node):
    check(f"{node}: {{ros__parameters: {{binning: 4}}}}")


def test_namespaces_as_levels_of_the_file(check):
    check("drone1: {camera: {ros__parameters: {binning: 4}}}")
    with pytest.raises(InputError, match="/drone1/camra: is no node of this stack"):
        check("drone1: {camra: {ros__parameters: {binning: 4}}}")


@pytest.mark.parametrize("node", ["camera", "/drone3/camera", "/*/*/camera", "/drone1", "/camera/**", "/**/sys"])
def test_a_node_that_there_is_not(check, node):
    with pytest.raises(InputError, match=r"is no node of this stack; there are /simulator, /drone1/camera"):
        check(f"{node}: {{ros__parameters: {{binning: 4}}}}")


@pytest.mark.parametrize("node", ["/**/sys", "/drone2/mavros/cmd", "/blindspot/parameter_bridge"])
def test_node_names_below_a_foreign_namespace_are_accepted(check, node):
    check(f"{node}: {{ros__parameters: {{heartbeat_rate: 2.0}}}}", MAVROS)


def test_beside_others_ours_must_still_be_named_rightly(check):
    with pytest.raises(InputError, match="is no node of this stack"):
        check("/blindspot/authorities: {ros__parameters: {mission: x}}", MAVROS)


@pytest.mark.parametrize("node", ["/**", "/drone1/camera"])
def test_a_file_may_not_set_a_parameter_that_the_launch_gives(check, node):
    with pytest.raises(InputError, match="is given to /drone1/camera by the launch itself"):
        check(f"{node}: {{ros__parameters: {{mission: other.yaml}}}}")


@pytest.mark.parametrize("node", ["/**", "/simulator", "/drone1/mavros/sys"])
def test_the_clock_is_the_modes(check, node):
    with pytest.raises(InputError, match="use_sim_time: is set by the mode"):
        check(f"{node}: {{ros__parameters: {{use_sim_time: true}}}}", MAVROS)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("", "is empty or not a mapping"), ("a: [", "is not valid YAML"),
        ("/drone1/camera: {binning: 4}", "holds no ros__parameters"),
        ("/drone1/camera: {ros__parameters: 4}", "is no mapping of names"), ("/**: 4", "holds no ros__parameters"),
        ("/**: {ros__parameters: {a: 1}}\n/**: {ros__parameters: {b: 1}}", "is there twice"),
    ],
)  # fmt: skip
def test_a_file_that_is_none(check, text, reported):
    with pytest.raises(InputError, match=reported):
        check(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        check_params_file(tmp_path / "own.yaml", OURS, ())


@pytest.mark.parametrize("node", ["/**", "/drone1/mavros/mavros_router"])
@pytest.mark.parametrize("name", ["fcu_url", "fcu_urls"])
def test_a_link_to_an_autopilot_is_no_matter_of_a_file(check, node, name):
    with pytest.raises(InputError, match=f"{name}: is set by the launch; leave it out, or give fcu_url"):
        check(f"{node}: {{ros__parameters: {{{name}: 'serial:///dev/ttyACM0'}}}}", MAVROS)
