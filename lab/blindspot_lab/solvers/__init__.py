"""Solvers that only benchmarks compare with: exact covers by HiGHS, vehicle routing by PyVRP."""
