"""One process of Reel: whichever rooms, relays and consumers it is to run, started and stopped.

`reel up` runs all of them in one process; containers run the same program in parts.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog
import uvicorn
from fastapi import FastAPI

from runtime import rooms
from runtime.audit.anchorer import Anchorer
from runtime.clock import DatabaseClock, Shift
from runtime.ending import ended
from runtime.explaining.api import explaining
from runtime.handling import Handler
from runtime.kafka import anchors
from runtime.kafka.bus import Subscription, migrate_topics
from runtime.kafka.relay import Relay
from runtime.log.committer import Committer
from runtime.log.contract import Store
from runtime.log.postgres import PostgresStore
from runtime.migrate import Schema, UnknownSchema, check, migrate
from runtime.people.held import HeldKeys
from runtime.people.identity import Verifier
from runtime.people.kept import master_key
from runtime.people.names import Names
from runtime.people.readings import ACCESS, Readings, StoredReadings
from runtime.people.team import TEAM_LOG, Team
from runtime.people.vault import Vault
from runtime.pools import Pools
from runtime.reacting import ServiceSink
from runtime.reading.consumer import Consumer
from runtime.reading.query import Reader
from runtime.rebuilding.feeding import Feeder
from runtime.rebuilding.registry import (
    VIEWS,
    State,
    Version,
    register_first,
    versions_of,
)
from runtime.settings import Settings
from runtime.snapshots.fingerprint import fold_version
from runtime.snapshots.keeper import Keeper
from runtime.snapshots.sealed_state import StateSeal
from runtime.snapshots.streams import StreamSnapshots
from runtime.snapshots.views import ViewSnapshots
from runtime.timing.firing import Timers
from runtime.web.face import ServiceFace
from runtime.web.head import BoundedHead
from runtime.web.http import application
from runtime.web.links import hears

UNDER_WAY_SECONDS_MAX = 5
STOP_SECONDS_MAX = 20.0
VAULT = "vault"

logger = structlog.get_logger()


@dataclass(frozen=True)
class Parts:
    """What one process runs, by the rooms' names."""

    serve: tuple[str, ...] = ()
    relay: tuple[str, ...] = ()
    project: tuple[str, ...] = ()

    @classmethod
    def all(cls) -> "Parts":
        """Everything."""
        services = tuple(rooms.services())
        return cls(services, services, tuple(rooms.projections()))

    @classmethod
    def apart(cls) -> "list[Parts]":
        """Everything, as containers run it: each room for itself, and one relay for all logs."""
        services = tuple(rooms.services())
        return [
            *(cls(serve=(name,)) for name in services),
            cls(relay=services),
            *(cls(project=(name,)) for name in rooms.projections()),
        ]


def service_schema(service: str) -> str:
    """Where a service keeps what it has heard, beside its log."""
    return f"{service}_service"


async def consumer_schemas(settings: Settings, name: str) -> dict[str, str]:
    """Where a service keeps what it has heard, or the versions of a projection keep their rows:
    schemas, each with its database. `name` may also be one version's schema.

    Raises:
        LookupError: there is no such room or version.
    """
    if name in rooms.services():
        return {service_schema(name): settings.database_of(name)}
    for projection in rooms.projections():
        url = settings.database_of(projection)
        connection = await asyncpg.connect(url)
        try:
            versions = await versions_of(connection, projection)
        finally:
            await connection.close()
        there = {one.schema: url for one in versions if one.state is not State.RETIRED}
        if name == projection:
            return there
        if name in there:
            return {name: url}
    known = ", ".join([*rooms.projections(), *rooms.services()])
    raise LookupError(
        f"there is no consumer {name!r}; there are {known}, and what `reel views` has"
    )


def schemas(settings: Settings) -> list[Schema]:
    """Every PostgreSQL schema of this build, but for the read models' own."""
    found = [
        Schema(settings.database_of(VAULT), VAULT, "vault"),
        Schema(settings.database_of(ACCESS), ACCESS, "access"),
    ]
    for name in rooms.services():
        url = settings.database_of(name)
        found.append(Schema(url, name, "log"))
        found.append(Schema(url, service_schema(name), "reader"))
    databases = dict.fromkeys(settings.database_of(name) for name in rooms.projections())
    return found + [Schema(url, VIEWS, "views") for url in databases]


async def versions_to_feed(settings: Settings, *, register: bool = False) -> dict[Schema, Version]:
    """The versions of read models that this build's code feeds, or is to; `register` makes the
    first one of each projection known, if it is not."""
    found = {}
    for name, projection in rooms.projections().items():
        url = settings.database_of(name)
        connection = await asyncpg.connect(url)
        try:
            if register:
                await register_first(connection, projection)
            for one in await versions_of(connection, name):
                if one.code == projection.version and one.state is not State.RETIRED:
                    found[Schema(url, one.schema, "reader", projection.tables_sql)] = one
        finally:
            await connection.close()
    return found


async def check_all(settings: Settings) -> None:
    """Makes sure that every database is exactly what this build knows.

    Raises:
        UnknownSchema: says which is not, and the cure.
    """
    await asyncio.to_thread(check, schemas(settings))
    versions = await versions_to_feed(settings)
    lacking = rooms.projections().keys() - {one.projection for one in versions.values()}
    if lacking:
        raise UnknownSchema(
            f"no version of {', '.join(sorted(lacking))} is of this build: run `reel migrate`"
        )
    # What a rebuild has only just begun may not have its tables yet.
    followed = [schema for schema, one in versions.items() if one.followed]
    await asyncio.to_thread(check, followed)


async def migrate_all(settings: Settings) -> list[str]:
    """Brings every database and topic to what this build needs; answers what was done."""
    applied = await asyncio.to_thread(migrate, schemas(settings))
    applied += await asyncio.to_thread(migrate, [*await versions_to_feed(settings, register=True)])
    logs = list(rooms.services())
    created = await migrate_topics(settings, logs, of_one_partition=[anchors.NAME])
    return applied + [f"topic {topic}" for topic in created]


def pools_of(parts: Parts) -> int:
    """How many pools a process with those parts opens, if all rooms share one database: one for
    the login itself, and one for each log that it reads or writes."""
    logs = set(parts.relay) | set(parts.serve)
    for name in parts.serve:
        logs |= rooms.services()[name].consumes
    for name in parts.project:
        logs |= set(rooms.projections()[name].view.logs)
    return 1 + len(logs)


def opens_texts(parts: Parts) -> bool:
    """Whether a process with those parts opens sealed texts, so that it must hear of erasures."""
    return bool(parts.serve or parts.project)


def connections_of(processes: Iterable[Parts], pool_size: int) -> int:
    """How many connections those processes open at most, if all rooms share one database: those of
    their pools, and one that hears of erasures."""
    return sum(pool_size * pools_of(parts) + opens_texts(parts) for parts in processes)


class Process:
    """Runs its parts until it is told to stop."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self._settings = settings
        self._parts = parts
        self._pools = Pools(settings)
        self._stores: dict[str, Store] = {}
        self._services: list[Consumer] = []
        self._feeders: list[Feeder] = []
        self._subscriptions: list[Subscription] = []
        self._relays: list[Relay] = []
        self._faces: list[ServiceFace] = []
        self._readers: list[Reader] = []
        self._timers: list[Timers] = []
        self._anchorer: Anchorer | None = None
        self._shift = Shift()
        self._held = HeldKeys()
        self._readings: Readings | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._connecting: set[asyncio.Task[None]] = set()
        """Those that end when they have a broker."""
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Begins an orderly stop."""
        self._stopping.set()

    def advance(self, by: timedelta) -> None:
        """Moves the clock of this process on: what is due by then fires at once, and commands are
        judged by that time. For tests, in place of sleeping; `by` below zero takes it back."""
        self._shift.by += by
        for timers in self._timers:
            timers.wake()

    async def run(self, announce: Callable[[str], None] = lambda url: None) -> None:
        """Starts everything, announces its URL, and runs until `stop()`, SIGTERM or SIGINT.

        Raises:
            UnknownSchema: the database is not what this build knows.
        """
        await check_all(self._settings)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._pools.close)
            await self._build(stack)
            listener = _listen(self._settings)
            server = _Server(
                uvicorn.Config(
                    self._application(),
                    http=BoundedHead,
                    log_config=None,
                    access_log=False,
                    lifespan="off",
                    timeout_graceful_shutdown=UNDER_WAY_SECONDS_MAX,
                )
            )
            serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
            if opens_texts(self._parts):
                self._go(self._held.hear(self._settings.database_of(VAULT)), "vault")
            for consumer in self._services:
                self._go(consumer.watch_the_tail(), f"tail of {consumer.name}")
                self._go(consumer.watch_the_parked(), f"parked of {consumer.name}")
            for feeder in self._feeders:
                self._go(feeder.run(), f"versions of {feeder.projection.name}")
            for subscription in self._subscriptions:
                self._connecting.add(self._go(subscription.run(), "subscription"))
            for relay in self._relays:
                self._go(relay.run(), "relay")
            for timers in self._timers:
                self._go(timers.run(), "timers")
            if self._anchorer is not None:
                self._go(self._anchorer.run(), "anchors")
            self._stop_on_signals()
            announce(f"http://{self._settings.host}:{listener.getsockname()[1]}")
            try:
                await self._until_stopped(serving)
            finally:
                self._stopping.set()
                await self._shut_down(server, serving)

    async def _until_stopped(self, serving: asyncio.Task[None]) -> None:
        """A part that ends by itself has failed, and takes the process with it."""
        stopping = asyncio.create_task(self._stopping.wait())
        watched = {serving, stopping, *self._tasks}
        while not stopping.done():
            done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                error = task.exception()
                if error is None and (task in self._connecting or stopping.done()):
                    continue
                stopping.cancel()
                raise error or RuntimeError(f"{task.get_name()} has ended by itself")

    async def _shut_down(self, server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
        """Unready, no new requests, batches finished, leases released, groups left."""
        logger.info("stopping")
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                server.should_exit = True
                await serving
                await asyncio.gather(*(one.stop() for one in self._subscriptions))
                await ended(*self._tasks)
                await asyncio.gather(*(one.stop() for one in self._feeders))
        except TimeoutError:
            logger.error("stopped_late", seconds=STOP_SECONDS_MAX)

    def _go(self, work: "asyncio._CoroutineLike[None]", name: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        return task

    def _stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(name, self.stop)

    async def _build(self, stack: contextlib.AsyncExitStack) -> None:
        master = master_key(self._settings)
        vault = Vault(await self._pools.of(VAULT), master)
        seal = StateSeal(master, "streams")
        self._held = vault.held
        if opens_texts(self._parts):
            self._readings = StoredReadings(await self._pools.of(ACCESS), ACCESS)
        for name in self._parts.serve:
            await self._build_service(name, vault, seal, stack)
        for name in self._parts.project:
            await self._build_projection(name, vault, master)
        for log in self._parts.relay:
            pool = await self._pools.of(log)
            self._relays.append(Relay.of(self._settings, await self._store(log), pool))
        if self._parts.relay and self._settings.anchor_minutes:
            self._anchorer = Anchorer(self._settings, list(rooms.services()))

    async def _store(self, log: str) -> Store:
        """A log as a service may use it: appending and reading, nothing else."""
        if log not in self._stores:
            pool = await self._pools.of(log, role=f"reel_{log}_service")
            self._stores[log] = PostgresStore(log, pool)
        return self._stores[log]

    async def _build_service(
        self, name: str, vault: Vault, seal: StateSeal, stack: contextlib.AsyncExitStack
    ) -> None:
        service = rooms.services()[name]
        store = await self._store(name)
        committer = await stack.enter_async_context(Committer(store))
        clock = DatabaseClock(store, self._shift)
        pool = await self._pools.of(name)
        schema = service_schema(name)
        snapshots = StreamSnapshots(name, schema, pool, seal, fold_version(f"services.{name}"))
        keeper = await stack.enter_async_context(Keeper(snapshots))
        handler = Handler(
            service, store, committer, vault, clock, keeper, self._settings.states_mib
        )
        sink = ServiceSink(service, schema, pool, handler)
        stores = {log: await self._store(log) for log in sorted(service.consumes)}
        consumer = Consumer(name, schema, pool, stores, sink)
        await consumer.start()
        self._services.append(consumer)
        self._subscriptions.append(Subscription(self._settings, consumer, name))
        if service.keeps_time:
            self._timers.append(Timers(service, schema, pool, store, handler, clock))
        team = Team(schema, pool, self._settings.house_leaders)
        names = Names(await self._store(TEAM_LOG))
        self._faces.append(ServiceFace(handler, team, vault, names))

    async def _build_projection(self, name: str, vault: Vault, master: bytes) -> None:
        projection = rooms.projections()[name]
        pool = await self._pools.of(name)
        stores = {log: await self._store(log) for log in projection.view.logs}
        feeder = Feeder(self._settings, projection, pool, stores)
        await feeder.start()
        self._feeders.append(feeder)
        clock = DatabaseClock(next(iter(stores.values())), self._shift)
        seal, fold = StateSeal(master, "views"), fold_version(f"projections.{name}")
        kept = ViewSnapshots(name, pool, seal, fold)
        reader = Reader(projection, pool, stores, clock, vault, feeder.consumers, kept)
        self._readers.append(reader)

    @property
    def _consumers(self) -> list[Consumer]:
        """Of services, and of every version of a read model that is fed here."""
        fed = [one for feeder in self._feeders for one in feeder.consumers.values()]
        return self._services + fed

    def _application(self) -> FastAPI:
        return application(
            title="Reel",
            verifier=Verifier.from_settings(self._settings),
            services=self._faces,
            queries=[
                router
                for reader in self._readers
                for router in (
                    hears(reader.projection.routes(reader), reader.projection.view.logs),
                    explaining(reader),
                )
            ],
            unready=self._unready,
            parked=lambda: {one.name: one.parked for one in self._consumers if one.parked},
            documented=self._settings.jwks_url is None,
            requests_max=self._settings.requests_max,
            readings=self._readings,
        )

    def _unready(self) -> list[str]:
        if self._stopping.is_set():
            return ["stopping"]
        reasons = [reason for consumer in self._services for reason in consumer.unready()]
        reasons += [reason for feeder in self._feeders for reason in feeder.unready()]
        reasons += [reason for relay in self._relays for reason in relay.unready()]
        return reasons + [reason for timers in self._timers for reason in timers.unready()]


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process stops its parts in its own order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(settings: Settings) -> socket.socket:
    listener = socket.create_server((settings.host, settings.port), backlog=1024)
    # asyncio sets it only on sockets that name their protocol, and an accepted one does not:
    # without it every answer waits 40 ms for the caller's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
