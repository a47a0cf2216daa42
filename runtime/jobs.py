"""Processes that fold beside this one: started afresh, and never left behind."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any


class JobKilled(ChildProcessError):
    """A process that folded was killed; says how to go on."""


def beside(jobs: int, begin: Callable[..., None] | None = None, *given: Any) -> ProcessPoolExecutor:
    """So many processes. Each calls `begin` once, with what it is given, and ends as soon as its
    parent is gone, however that was killed, and whatever it does then."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, context, _begin, (begin, given))


def _begin(begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin(*given)


def _end_with_parent() -> None:
    """Who has lost his parent has nobody to report to, and nobody who gives him work: the queue
    that it would come from is held open by those who wait at it."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
