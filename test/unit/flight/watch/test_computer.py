"""The sound inputs of a computer, by the kernel's list of devices."""

from __future__ import annotations

import pytest

from blindspot.flight.watch.computer import sound_inputs


@pytest.mark.parametrize(
    ("devices", "inputs"),
    [
        (["net/eth0"], ()),
        (["net/eth0", "sound/card0", "sound/pcmC0D0p"], ()),
        (["sound/card0", "sound/pcmC0D0p", "sound/pcmC1D0c", "sound/pcmC0D0c"], ("pcmC0D0c", "pcmC1D0c")),
        ([], None),
    ],
)
def test_a_device_that_records_is_an_input(tmp_path, devices, inputs):
    for each in devices:
        (tmp_path / each).mkdir(parents=True)
    assert sound_inputs(tmp_path) == inputs


def test_a_list_that_can_not_be_read_is_unknown(tmp_path):
    assert sound_inputs(tmp_path / "none") is None
