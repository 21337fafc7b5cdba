"""Orders of named persons: signed with the person's own key, verified before anything moves."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.orders.mandate import LONGEST_SIGNATURE, MANDATE, Mandate, read_mandate
    from blindspot.law.orders.person_and_reason import named
    from blindspot.law.orders.signed_order import (
        FLY,
        FLY_WITHIN_S,
        LASTS_S,
        MOST_SORTIES,
        MOVES,
        Ordered,
        OrderSigner,
        OrderVerifier,
        key_text,
        mandated,
        order_content,
        order_details,
        signature_at,
        unsigned,
    )
else:
    __getattr__, __all__ = open_door(__name__)
