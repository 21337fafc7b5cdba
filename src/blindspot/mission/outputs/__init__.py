"""Section `console` of a fleet file: messages to other programs."""
