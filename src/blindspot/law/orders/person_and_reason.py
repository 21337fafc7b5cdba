"""The person and the reason that every order names."""

from __future__ import annotations

from blindspot.core import LONGEST_NAME, InputError, is_blank, one_line


def named(person: str, reason: str) -> tuple[str, str]:
    """The person and the reason of an order, as they are sent; raises InputError for an empty one."""
    found = one_line(person, LONGEST_NAME), one_line(reason, LONGEST_NAME)
    for option, value, fix in zip(
        ("--person", "--reason"), found, ("name the person who orders it", "give the reason in one sentence"),
        strict=True,
    ):  # fmt: skip
        if is_blank(value):
            raise InputError(option, "", "is missing", fix)
    return found
