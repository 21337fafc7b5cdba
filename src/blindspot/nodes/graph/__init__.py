"""The tools that every node uses: the runner, QoS profiles, parameters, messages, deferred services."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.nodes.graph.deferred_service import create_deferred_service as create_deferred_service
    from blindspot.nodes.graph.forward_clock import every as every
    from blindspot.nodes.graph.guarded import GuardedNode as GuardedNode
    from blindspot.nodes.graph.messages import seconds as seconds, stamp as stamp
    from blindspot.nodes.graph.node_runner import (
        HEARTBEAT_TOPIC as HEARTBEAT_TOPIC,
        ROLL_CALL_TOPIC as ROLL_CALL_TOPIC,
        run as run,
    )
    from blindspot.nodes.graph.parameters import (
        declare_bool as declare_bool,
        declare_fleet as declare_fleet,
        declare_float as declare_float,
        declare_int as declare_int,
        declare_names as declare_names,
        declare_str as declare_str,
    )
else:
    __getattr__, __all__ = open_door(__name__)
