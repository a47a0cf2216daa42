"""The PostgreSQL that is backed up or restored: one's own, or the embedded one, up or not."""

from collections.abc import Iterator
from contextlib import contextmanager

from runtime.embedded.home import Home
from runtime.instance import reachable
from runtime.settings import Settings


class StillUp(LookupError):
    """`reel up` works in this home."""


@contextmanager
def server_at_hand(settings: Settings) -> Iterator[Settings]:
    """Settings that name a PostgreSQL; an embedded one that is down is started for the block."""
    home = Home(settings.home)
    if _is_named(settings) or home.describe() is not None:
        yield reachable(settings)
        return
    with server_alone(settings) as alone:
        yield alone


@contextmanager
def server_alone(settings: Settings) -> Iterator[Settings]:
    """Settings that name a PostgreSQL in which no `reel up` of this home works.

    Raises:
        StillUp: one does.
    """
    if _is_named(settings):
        yield settings
        return
    from runtime.embedded.postgres import EmbeddedPostgres

    home = Home(settings.home)
    if not home.acquire():
        pid = (home.describe() or {}).get("pid", "unknown")
        raise StillUp(f"Reel is up here (process {pid}): stop it first")
    try:
        server = EmbeddedPostgres(settings.home / "postgres")
        try:
            yield settings.model_copy(update={"database_url": server.start()})
        finally:
            server.stop()
    finally:
        home.release()


def _is_named(settings: Settings) -> bool:
    return settings.database_url is not None or bool(settings.database_urls)
