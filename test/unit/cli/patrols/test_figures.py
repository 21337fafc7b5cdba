"""The printed figures of simulated patrols."""

from types import SimpleNamespace

from blindspot.cli.operations.figures import LOOKOUT, print_result


def test_a_promise_that_was_nearly_kept_never_reads_as_kept(capsys):
    document = {
        "evenings": 20, "passes": {"flown": 60}, "start_entropy_bits": {"first": 7.0, "following": 3.5},
        "adversary": {"safe_s": 300.0}, "cpu_s": 60.0,
        "revisit": {
            "revisit_s": 1800.0, "kept_fraction": 0.99999, "kept_fraction_worst_evening": 0.9996,
            "unreported_breaches": 0,
        },
    }  # fmt: skip
    print_result(SimpleNamespace(document=lambda: document, acts={name: {600.0: 0.5} for name, _ in LOOKOUT}))
    printed = capsys.readouterr().out
    assert "99.9 % of the reachable ground, 99.9 % on the worst evening" in printed
