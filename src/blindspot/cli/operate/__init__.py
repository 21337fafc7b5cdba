"""Commands for a standing stack: start and stop it, see its state, fly missions on it, give orders."""
