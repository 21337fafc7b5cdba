"""Types of fields that several signed files share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from blindspot.core import is_blank


def _can_be_read(text: str) -> str:
    if is_blank(text):
        raise ValueError("holds nothing that can be read")
    return text


Words = Annotated[str, AfterValidator(_can_be_read)]
"""A text by which a person answers for something: spaces and unseen signs are none."""
PUBLIC_KEY = r"^[0-9a-f]{64}$"
"""Pattern of a public key: 64 hex digits."""
Sha256 = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file, 64 hex digits")
