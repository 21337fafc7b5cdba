"""The tools that every node uses: the runner, QoS profiles, parameters, messages, deferred services."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.nodes.graph.deferred_service import create_deferred_service
    from blindspot.nodes.graph.forward_clock import every
    from blindspot.nodes.graph.guarded import GuardedNode
    from blindspot.nodes.graph.messages import seconds, stamp
    from blindspot.nodes.graph.node_runner import NODE_TIME_TOPIC, ROLL_CALL_TOPIC, run
    from blindspot.nodes.graph.parameters import (
        declare_bool,
        declare_fleet,
        declare_float,
        declare_int,
        declare_names,
        declare_str,
    )
else:
    __getattr__, __all__ = open_door(__name__)
