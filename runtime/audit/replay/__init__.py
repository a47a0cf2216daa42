"""Folding the log again, and holding every row of every read model against what comes of it.

It shows that what readers are shown follows from the log, or from what Kafka carries of it. That
the log itself is what it was is shown by `runtime.audit.verifying`.
"""
