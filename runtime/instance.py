"""The whole of Reel on one machine: embedded servers, migration, and every part in one process."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from runtime.embedded.home import Home
from runtime.embedded.ports import kept_port
from runtime.embedded.servers import Endpoints, Servers
from runtime.process import Parts, Process, migrate_all
from runtime.settings import Settings

WATCH_SECONDS = 1.0

logger = structlog.get_logger()


class AlreadyUp(Exception):
    """Another process runs this home; `card` is what it announced."""

    def __init__(self, card: dict[str, object]) -> None:
        super().__init__("Reel is up already")
        self.card = card


@dataclass(frozen=True)
class Up:
    """A running instance: where it answers, and its end."""

    url: str
    settings: Settings
    process: Process
    ended: "asyncio.Task[None]"


@asynccontextmanager
async def up(settings: Settings, progress: Callable[[str], None]) -> AsyncIterator[Up]:
    """Starts everything and yields when it answers; stops it in order at the end.

    Raises:
        AlreadyUp: this home is running.
        EmbeddedError, UnknownSchema: with the cure.
    """
    home = Home(settings.home)
    if not home.acquire():
        raise AlreadyUp(home.describe() or {})
    servers = Servers(settings.home, environment=_named(settings), progress=progress)
    _end_on_sigterm(asyncio.current_task())
    try:
        endpoints = await _started(servers)
        settings = settings.model_copy(
            update={
                "database_url": endpoints.database_url,
                "kafka": endpoints.kafka,
                "port": settings.port or kept_port(home.path / "http.port"),
            }
        )
        progress("Migrating the databases and topics")
        for done in await migrate_all(settings):
            logger.info("migrated", what=done)
        progress("Starting the rooms")
        process = Process(settings, Parts.all())
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(process.run(answered.set_result), name="process")
        watching = asyncio.create_task(_watch(servers, settings), name="servers")
        try:
            await asyncio.wait((answered, running), return_when=asyncio.FIRST_COMPLETED)
            if not answered.done():
                await running
            home.announce({"url": answered.result(), "kafka": endpoints.kafka})
            yield Up(answered.result(), settings, process, running)
        finally:
            watching.cancel()
            process.stop()
            await asyncio.gather(watching, running, return_exceptions=True)
    finally:
        await asyncio.to_thread(servers.stop)
        home.release()


async def _started(servers: Servers) -> Endpoints:
    """Starts the servers. Who is told to end meanwhile waits for it all the same: the thread goes
    on, and only what it has started can be stopped."""
    starting = asyncio.ensure_future(asyncio.to_thread(servers.start))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.gather(starting, return_exceptions=True)
        raise


def _end_on_sigterm(starting: "asyncio.Task[Any] | None") -> None:
    """Until the process has its own handlers, SIGTERM ends the start as Ctrl-C does."""
    with suppress(NotImplementedError, RuntimeError, ValueError):
        if starting is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, starting.cancel)


def reachable(settings: Settings) -> Settings:
    """Settings that name the PostgreSQL of this home, if it is embedded and up.

    Raises:
        LookupError: no PostgreSQL is named, and none of this home's is up.
    """
    if settings.database_url is not None or settings.database_urls:
        return settings
    from runtime.embedded.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(settings.home / "postgres")
    if not server.running():
        raise LookupError("Reel is not up here: run `reel up`, or set REEL_DATABASE_URL")
    return settings.model_copy(update={"database_url": server.start()})


def _named(settings: Settings) -> dict[str, str]:
    """The servers of one's own, as the embedded package reads them."""
    named = {"REEL_DATABASE_URL": settings.database_url, "REEL_KAFKA": settings.kafka}
    return {name: value for name, value in named.items() if value}


async def _watch(servers: Servers, settings: Settings) -> None:
    """An embedded server that died is started again; a Kafka that came back empty gets its topics,
    and the relay fills them."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        for server in (servers.postgres, servers.kafka):
            if server is not None and not server.running():
                logger.warning("server_died", server=type(server).__name__)
                try:
                    await asyncio.to_thread(server.start)
                    await migrate_all(settings)
                except Exception as error:
                    logger.error("server_not_restarted", error=repr(error))
