"""Sites: a check, an import, a field for first flights."""
