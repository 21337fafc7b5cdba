"""Every order names a person and a reason."""

import pytest

from blindspot.core.errors import InputError
from blindspot.law.orders import named


def test_person_and_reason_are_sent_as_one_line_each():
    assert named(" A.\tMartin ", "on\nduty") == ("A. Martin", "on duty")


@pytest.mark.parametrize(("words", "option"), [(("", "why"), "--person"), (("A. Martin", " \u2800"), "--reason")])
def test_an_order_without_a_visible_person_or_reason_is_refused(words, option):
    with pytest.raises(InputError, match=f"^{option}: is missing; "):
        named(*words)
