"""Numbers of remote identification: the operator's registration number and the drone's serial number."""

from __future__ import annotations

import re

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_OPERATOR = re.compile(r"[A-Z]{3}[0-9a-z]{12}([0-9a-z])-([0-9a-z]{3})")
_SERIAL = re.compile(r"[0-9A-HJ-NP-Z]{4}([1-9A-F])([0-9A-HJ-NP-Z]+)")


def operator_problem(number: str) -> str:
    """The fault of an operator number `PPPBBBBBBBBBBBBC-FFF` (EN 4709-002), or "". `C` is the check character over
    the twelve characters before `C` and the three secret characters after `C` (Luhn, modulo 36).

    >>> operator_problem("FIN87astrdge12k8-xyz")
    ''
    """
    found = _OPERATOR.fullmatch(number)
    if found is None:
        return "has another form than PPPBBBBBBBBBBBBC-FFF"
    if check_character(number[3:15] + found[2]) != found[1]:
        return "has a wrong check character"
    return ""


def sent_operator(number: str) -> str:
    """The sent part of an operator number: all before the three secret characters, which are for the owner alone.

    >>> sent_operator("FIN87astrdge12k8-xyz")
    'FIN87astrdge12k8'
    """
    return number.partition("-")[0]


def check_character(text: str) -> str:
    """Check character of a text of digits and small letters."""
    total = 0
    for place, character in enumerate(reversed(text)):
        value = _DIGITS.index(character) * (2 if place % 2 == 0 else 1)
        total += value // 36 + value % 36
    return _DIGITS[-total % 36]


def serial_problem(number: str) -> str:
    """The fault of a serial number (ANSI/CTA-2063-A), or "": four characters of the manufacturer, one for the length of
    the rest (1 to F), and the rest; without the letters O and I.

    >>> serial_problem("EX926ABCDE")
    'has another length than its fifth character says'
    """
    found = _SERIAL.fullmatch(number)
    if found is None:
        return "has another form than ANSI/CTA-2063-A"
    return "" if len(found[2]) == int(found[1], 16) else "has another length than its fifth character says"


def numbers_problem(operator: str, serial: str) -> str:
    """The first fault of a drone's numbers, in words, or ""."""
    if problem := operator_problem(operator):
        return f"the operator number {operator} {problem}"
    if problem := serial_problem(serial):
        return f"the serial number {serial} {problem}"
    return ""
