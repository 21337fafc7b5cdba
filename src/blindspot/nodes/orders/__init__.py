"""Orders of named persons, as messages and as files of a socket: signed, sent, confirmed."""
