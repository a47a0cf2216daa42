"""The HTTP face: endpoints derived from commands, problems with stable codes, tokens."""
