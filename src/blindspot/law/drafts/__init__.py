"""New authorisations, and the rehearsal of one before a real flight."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.law.drafts.needed_facts import NEEDED as NEEDED, needed_by as needed_by
    from blindspot.law.drafts.new_authorisation import (
        as_signed_yaml as as_signed_yaml,
        as_yaml as as_yaml,
        make_sim_only as make_sim_only,
        make_test_range as make_test_range,
        template_yaml as template_yaml,
    )
    from blindspot.law.drafts.rehearsal import ASSUMED as ASSUMED, rehearse as rehearse
else:
    __getattr__, __all__ = open_door(__name__)
