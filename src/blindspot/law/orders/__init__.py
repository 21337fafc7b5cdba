"""Orders of named persons: signed with the person's own key, verified before anything moves."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.law.orders.mandate import (
        LONGEST_SIGNATURE as LONGEST_SIGNATURE,
        Mandate as Mandate,
        read_mandate as read_mandate,
    )
    from blindspot.law.orders.signed_order import (
        FLY as FLY,
        FLY_WITHIN_S as FLY_WITHIN_S,
        LASTS_S as LASTS_S,
        MOVES as MOVES,
        Ordered as Ordered,
        OrderSigner as OrderSigner,
        OrderVerifier as OrderVerifier,
        key_text as key_text,
        mandated as mandated,
        unsigned as unsigned,
    )
else:
    __getattr__, __all__ = open_door(__name__)
