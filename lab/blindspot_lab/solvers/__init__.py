"""Solvers that only benchmarks use: exact covers by HiGHS, vehicle routing by PyVRP, a network of changing cameras."""
