"""Turns the messages about seen ground into the ground of the console's map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from blindspot_msgs.msg import SeenCells
from sensor_msgs.msg import PointCloud2

from blindspot.console import LiveGround
from blindspot.core import BlindspotError, InputError
from blindspot.mission import GroundMasks
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.graph import messages

GROUND = "ground"
"""Key of the record that counts the changes of the ground: a page then asks for the ground itself."""
MOST_POINTS = 2_000_000
LARGEST_CELL_M = 20.0


class ConsoleGround:
    """Takes messages into `ground`. Each method raises InputError for a message that is refused as a whole."""

    def __init__(self, ground: LiveGround, records: ConsoleRecords) -> None:
        self._ground, self._records = ground, records
        records.on_run = self._take_run

    def take_ages(self, message: PointCloud2) -> None:
        """The age of each place over all runs."""
        names = [(field.name, field.offset, field.datatype) for field in message.fields]
        expected = [(name, 4 * number, 7) for number, name in enumerate(messages.AGE_FIELDS)]  # 7: 32-bit floats
        count, step = int(message.width), 4 * len(messages.AGE_FIELDS)
        is_ours = names == expected and message.height == 1 and message.point_step == step and not message.is_bigendian
        if not is_ours or count > MOST_POINTS or len(message.data) != count * step:
            raise InputError("ages", "", "has another form than the coverage monitor's points", "")
        points = np.frombuffer(bytes(message.data), "<f4").reshape(count, len(messages.AGE_FIELDS)).astype(np.float64)
        ages_s = points[:, 3]
        ages_s[ages_s < 0.0] = np.nan
        self._see(points[:, :2], messages.seconds(message.header.stamp) - ages_s)

    def take_seen(self, message: SeenCells) -> None:
        """Cells that a run has just seen for the first time."""
        info, cells = message.info, np.asarray(message.cells, np.int64)
        size_m, width = float(info.resolution), int(info.width)
        if not 0.0 < size_m <= LARGEST_CELL_M or width < 1 or len(cells) > MOST_POINTS:
            raise InputError("seen", "", "has a grid that is none", "")
        row, column = np.divmod(cells, width)
        origin = info.origin.position
        centres_m = np.stack([origin.x + (column + 0.5) * size_m, origin.y + (row + 0.5) * size_m], axis=1)
        self._see(centres_m, np.full(len(cells), messages.seconds(message.header.stamp)))

    def _take_run(self, run_dir: Path) -> None:
        """The ground of a run, which nobody may have seen yet."""
        try:
            masks = GroundMasks.load(run_dir / "ground.npz", with_peaks=False)
        except (BlindspotError, OSError):
            return
        self._ground.take_masks(masks)
        self._note()

    def _see(self, centres_m: np.ndarray, last_seen_s: np.ndarray) -> None:
        self._ground.see(centres_m, last_seen_s)
        self._note()

    def _note(self) -> None:
        self._records.take(GROUND, {"number": self._ground.number})
