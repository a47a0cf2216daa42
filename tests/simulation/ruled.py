"""Puts a loop in charge of everything that would differ from one run to the next."""

import gc
import logging
import random
import sys
import uuid
import warnings
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import structlog

from tests.simulation.loop import Loop


@contextmanager
def ruled_by(loop: Loop) -> Iterator[None]:
    """Clocks, chance, ids and Reel's own words are the loop's for as long as the block lasts.

    Only for a process that does nothing else: it is every thread's clock that stands still.
    """
    chance = random.Random(loop.random.random())
    state, said, unraisable = random.getstate(), structlog.get_config(), sys.unraisablehook

    def told(_: Any, method: str, event: MutableMapping[str, Any]) -> str:
        words = {key: value for key, value in event.items() if key not in ("event", "exc_info")}
        loop.note(f"{method}: {event['event']} {words}")
        raise structlog.DropEvent

    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", RuntimeWarning)
        for name, ours in (
            ("time.monotonic", loop.time),
            ("time.monotonic_ns", lambda: int(loop.time() * 1e9)),
            ("uuid.uuid4", lambda: uuid.UUID(int=chance.getrandbits(128), version=4)),
        ):
            stack.enter_context(patch(name, ours))
        random.seed(chance.random())
        structlog.configure(
            processors=[told], wrapper_class=structlog.make_filtering_bound_logger(logging.INFO)
        )
        gc.disable()
        # What was killed is buried behind the run, and may not have a word in it.
        sys.unraisablehook = lambda _: None
        try:
            yield
        finally:
            random.setstate(state)
            structlog.configure(**said)
            loop.bury()
            gc.enable()
            gc.collect()
            sys.unraisablehook = unraisable
