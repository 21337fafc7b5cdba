"""Every rule that the code names is one of the registry, or a rule of the product."""

from __future__ import annotations

import re
from pathlib import Path

from blindspot.law.judgement import RULES
from blindspot.law.verdict import PRODUCT_RULES

ROOT = Path(__file__).resolve().parents[3]
RULE = re.compile(r"\b[A-Z]{3}-[0-9]{2}\b")


def test_every_rule_that_the_code_names_is_listed_once():
    folders = (ROOT / "src" / "blindspot" / name for name in ("law", "nodes", "cli"))
    code = {rule for folder in folders for file in folder.rglob("*.py") for rule in RULE.findall(file.read_text())}
    listed = [*(each.id for each in RULES), *PRODUCT_RULES]
    assert code == set(listed)
    assert len(listed) == len(set(listed))
