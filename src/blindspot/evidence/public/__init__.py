"""The public page: each flight under an authorisation, after a delay, and the comparison with a register."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.public.checked_page import NOT_PROVEN, check_page
    from blindspot.evidence.public.page import FACTS, MARK, PAGES, PublicPage, document_of, page_in
    from blindspot.evidence.public.perimeter_map import PerimeterMap, draw_perimeter
    from blindspot.evidence.public.public_flights import PublicFlight, flight_of, is_due
else:
    __getattr__, __all__ = open_door(__name__)
