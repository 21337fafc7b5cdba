"""Commands on a running stack and its runs."""
