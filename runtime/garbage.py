"""How often a process of Reel looks for circles of garbage: rarely."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_BETWEEN = 50_000
YOUNG_BETWEEN = 20
MIDDLE_BETWEEN = 100


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Within the block, the collector leaves alone what there is already, and looks at what comes
    less often.

    Facts, rows and states refer to nothing that refers back to them, and are gone with their last
    reference. Python looks through them all the same, after every 700 new objects: with folds it
    takes a third of the time, or more.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN, YOUNG_BETWEEN, MIDDLE_BETWEEN)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
