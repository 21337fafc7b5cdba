"""Use cases on the evenings of an operation: check, sign, confirm, skip, and show."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.evenings.evening_needs import needs_of_evening
    from blindspot.acts.evenings.evening_page import shown_evening
    from blindspot.acts.evenings.operation_figures import figures_of
    from blindspot.acts.evenings.operation_news import check_operation, coming_evenings, evenings_so_far
    from blindspot.acts.evenings.operation_state import operating, operation_of, state_dir
    from blindspot.acts.evenings.pass_order import PassOrder, order_pass
    from blindspot.acts.evenings.signed_evening import SignedEvening, evening_to_sign, keep_signed, sign_evening
else:
    __getattr__, __all__ = open_door(__name__)
