"""Structured logs: one line an event, as JSON or for the eye, each with its correlation id."""

import logging
import sys

import structlog

from runtime.settings import Settings


def configure(settings: Settings) -> None:
    """Sets up structlog, and lets the libraries' own loggers speak from warnings on."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(message)s")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # Of a database that is away, those who needed it tell, in a line each.
    logging.getLogger("asyncpg").setLevel(logging.ERROR)
