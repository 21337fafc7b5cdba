"""The files of the law as models: authorisation, aviation, profiles."""
