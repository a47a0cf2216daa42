"""What every test may ask for: one PostgreSQL, one Kafka and one running instance a session."""

import sys

import structlog

pytest_plugins = ["tests.servers", "tests.http.instance"]

# As every process of Reel does: what a command prints is never mixed with what is logged.
structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
