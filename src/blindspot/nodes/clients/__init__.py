"""Clients of the graph that commands use: the operator with the orders, the pre-flight reader, the picture probe."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.nodes.clients.console_feed import ConsoleFeed
    from blindspot.nodes.clients.console_orders import ConsoleOrders
    from blindspot.nodes.clients.console_records import ConsoleRecords
    from blindspot.nodes.clients.operator import Operator
    from blindspot.nodes.clients.preflight_reader import PreflightReader
    from blindspot.nodes.orders.local_orders import ask_status, connect, order_socket, parts_of, receive, send
    from blindspot.nodes.orders.ordering import AwaitedOrder, Confirmation, is_out
    from blindspot.nodes.orders.states import FLIES, drone_state, fleet_state, mission_state, number, target_state
else:
    __getattr__, __all__ = open_door(__name__)
