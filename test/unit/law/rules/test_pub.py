"""PUB: information of the public."""

WITHHELD = {"public_info": {"mode": "WITHHELD", "withheld_reason": "the flight would warn the group"}}
TERRORISM = {"purpose.code": "L242-5-I-3"}

CASES = [
    ("PUB-01", "PL", "", {}),
    ("PUB-01", "PF", "", {"why": "withheld", "doc": WITHHELD}),
    ("PUB-01", "PF", "does not say how", {"doc": {"public_info": None}}),
    ("PUB-01", "PL", "does not say how", {"doc": {"public_info": None}}),
    ("PUB-01", "PL", "has no address", {"doc": {"public_info": {"mode": "PUBLISHED"}}}),
    ("PUB-01", "PL", "has no address", {"doc": {"public_info.url": " "}}),
    ("PUB-02", "PL", "", {}),
    ("PUB-02", "PL", "", {"why": "withheld for a purpose that allows it", "doc": WITHHELD | TERRORISM}),
    ("PUB-02", "PL", "L242-5-I-1 does not allow to withhold", {"doc": WITHHELD}),
    ("PUB-02", "PL", "UNKNOWN does not allow to withhold", {"doc": WITHHELD | {"purpose.code": "UNKNOWN"}}),
    ("PUB-02", "PL", "without a reason", {"doc": TERRORISM | {"public_info": {"mode": "WITHHELD"}}}),
    ("PUB-02", "PL", "without a reason",
     {"doc": TERRORISM | {"public_info": {"mode": "WITHHELD", "withheld_reason": " "}}}),
    ("PUB-02", "PL", "purpose or public_info is missing", {"doc": {"public_info": None}}),
    ("PUB-02", "PL", "purpose or public_info is missing", {"doc": {"purpose": None}}),
]  # fmt: skip


def test_rule(check, case):
    check(case)
