"""New authorisations, and the rehearsal of one before a real flight."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.drafts.needed_facts import needed_by
    from blindspot.law.drafts.new_authorisation import (
        as_signed_yaml,
        as_yaml,
        make_sim_only,
        make_test_range,
        template_yaml,
    )
    from blindspot.law.drafts.rehearsal import conclusion, rehearse, ruling_lines
    from blindspot.law.drafts.renewed_papers import Paper, judge_papers
else:
    __getattr__, __all__ = open_door(__name__)
