"""A node refuses what it was given and does not know."""

from __future__ import annotations

import pytest
import rclpy
from rclpy.parameter import Parameter

from blindspot.core.errors import InputError
from blindspot.nodes.graph.node_runner import refuse_unknown
from blindspot.nodes.graph.parameters import declare_float, declare_int, declare_names, declare_str, given_file


@pytest.fixture
def node_with(ros):
    """A node of one parameter, `limit_s`, that is given others."""
    made = []

    def make(**given: object):
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        made.append(rclpy.create_node("one", namespace="/drone1", parameter_overrides=overrides))
        declare_float(made[-1], "limit_s", 1.0, low=0.0, high=2.0, describe="A limit")
        return made[-1]

    yield make
    for node in made:
        node.destroy_node()


def test_a_declared_parameter_is_taken(node_with):
    refuse_unknown(node_with(limit_s=2.0, use_sim_time=True))
    refuse_unknown(node_with())


def test_an_undeclared_parameter_is_refused(node_with):
    with pytest.raises(InputError, match="/drone1/one: limits: is an unknown parameter of the node; correct the name"):
        refuse_unknown(node_with(limit_s=2.0, limits=1.0))


@pytest.mark.parametrize(
    ("declare", "given", "reported"),
    [
        (lambda node: declare_float(node, "it", 1.0, low=0.0, high=9.0, describe=""), 5, "is 5; write a number with"),
        (lambda node: declare_int(node, "it", 1, low=0, high=9, describe=""), 5.0, "is 5.0; write a whole number"),
        (lambda node: declare_str(node, "it", "", describe=""), 5, "is 5; write a text"),
        (lambda node: declare_names(node, "it", describe=""), "person", "is 'person'; write a list"),
    ],
)
def test_a_value_of_another_type_is_reported_with_what_would_be_right(ros, declare, given, reported):
    node = rclpy.create_node("one", namespace="/drone1", parameter_overrides=[Parameter("it", value=given)])
    with pytest.raises(InputError, match=f"/drone1/one: it: {reported}"):
        declare(node)
    node.destroy_node()


def test_a_file_that_is_not_named_is_reported_with_its_parameter():
    assert given_file("detector", "fleet", "a.yaml").name == "a.yaml"
    with pytest.raises(InputError, match="detector: fleet: is missing; name a file"):
        given_file("detector", "fleet", "")
