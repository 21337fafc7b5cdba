"""`blindspot console`: the page is for browsers of this computer."""

import pytest

from blindspot.cli.operate.console import console
from blindspot.core import InputError


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "", "town.example"])
def test_an_address_beyond_this_computer_is_refused_in_one_sentence(host):
    with pytest.raises(InputError, match=r"--host: is .*, and the page is for browsers of this computer; leave it out"):
        console(host=host)
