"""What an outsider checks: chains, heads that were signed and anchored elsewhere, and a log held
against them.

`merkle`, `heads` and `lines` need the standard library alone, so that they can be written again in
a verifier of one file.
"""
