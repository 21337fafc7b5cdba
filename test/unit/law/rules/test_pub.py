"""PUB: information of the public."""

WITHHELD = {
    "public_info": {"mode": "WITHHELD", "withheld_on": "AIM", "withheld_reason": "the flight would warn the group"}
}

CASES = [
    ("PUB-01", "PL", "", {}),
    ("PUB-01", "PF", "", {"why": "withheld", "doc": WITHHELD}),
    ("PUB-01", "PF", "does not say how", {"doc": {"public_info": None}}),
    ("PUB-01", "PL", "does not say how", {"doc": {"public_info": None}}),
    ("PUB-01", "PL", "has no address", {"doc": {"public_info": {"mode": "PUBLISHED"}}}),
    ("PUB-01", "PL", "has no address", {"doc": {"public_info.url": " "}}),
    ("PUB-02", "PL", "", {}),
    *[("PUB-02", "PL", "", {"why": f"withheld on {ground}, whatever the purpose",
                            "doc": WITHHELD | {"public_info.withheld_on": ground}})
      for ground in ("AIM", "CIRCUMSTANCES")],
    ("PUB-02", "PL", "on no ground of the law", {"doc": WITHHELD | {"public_info.withheld_on": None}}),
    ("PUB-02", "PL", "on no ground of the law", {"doc": WITHHELD, "profile": {"withheld_on": ("CIRCUMSTANCES",)}}),
    ("PUB-02", "PL", "profile FR-CSI-L242-5 never withholds", {"doc": WITHHELD, "profile": {"withheld_on": ()}}),
    ("PUB-02", "PL", "without a reason", {"doc": WITHHELD | {"public_info.withheld_reason": None}}),
    ("PUB-02", "PL", "without a reason", {"doc": WITHHELD | {"public_info.withheld_reason": " "}}),
    ("PUB-02", "PL", "public_info is missing", {"doc": {"public_info": None}}),
]  # fmt: skip


def test_rule(check, case):
    check(case)
