"""Figures as commands print them."""

from __future__ import annotations


def square_metres(area_m2: float) -> str:
    """Whole square metres, by thousands: "6 692 m2"."""
    return f"{area_m2:,.0f} m2".replace(",", " ")
