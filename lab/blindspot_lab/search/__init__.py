"""Guided search for a mission that breaks a formula, by the cross-entropy method."""
