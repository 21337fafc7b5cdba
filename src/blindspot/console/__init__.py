"""The console: one page in a browser that shows a running stack. Free of ROS."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.console.address import Address, free_socket, last_address, new_key, read_address, write_address
    from blindspot.console.alert_watch import AlertWatch
    from blindspot.console.flown_run import FlownRun
    from blindspot.console.live_ground import LiveGround
    from blindspot.console.page_orders import PageOrder, PageOrders
    from blindspot.console.plan_drawing import degrees, drawn_plan, looks_after_steps
    from blindspot.console.replay_clock import ReplayClock
    from blindspot.console.rulings import latest_rulings
    from blindspot.console.server import Act, ConsoleServer
    from blindspot.console.view import View
else:
    __getattr__, __all__ = open_door(__name__)
