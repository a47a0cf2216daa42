"""The whole of Reel in one thread of this session, on a database and topics of its own."""

import asyncio
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from runtime.logs import configure
from runtime.people.identity import Issuer
from runtime.process import Parts, Process, migrate_all
from runtime.settings import Settings
from tests.http.film import Film
from tests.servers import drop_database, fresh_database

LIVE_SECONDS_MAX = 30.0
OFFICER = "Data Protection Officer"
"""Who leads the house of these tests."""


def settings_of(home: Path, database_url: str, kafka: str, prefix: str, **more: Any) -> Settings:
    """Settings built explicitly: what the environment says of the servers is in the arguments."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("REEL_")}
    try:
        return Settings(
            home=home, database_url=database_url, kafka=kafka, topic_prefix=prefix, **more
        )
    finally:
        os.environ |= hidden


@dataclass
class Instance:
    """A running Process: where it answers, and its loop for what has no HTTP."""

    settings: Settings
    issuer: Issuer
    process: Process
    url: str
    loop: asyncio.AbstractEventLoop
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    def as_(self, name: str) -> httpx.Client:
        """A client that carries the token of this person."""
        if name not in self._clients:
            token = self.issuer.token(name)
            self._clients[name] = httpx.Client(
                base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=60
            )
        return self._clients[name]

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs `work` on the instance's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(LIVE_SECONDS_MAX)

    @contextmanager
    def later(self, by: timedelta) -> Iterator[None]:
        """What is inside happens so much later: commands are judged by that time, and every timer
        that is due by then fires at once. Afterwards it is now again, for the other tests."""
        self.advance(by)
        try:
            yield
        finally:
            self.advance(-by)

    def advance(self, by: timedelta) -> None:
        """Moves the clock of this instance on, for good."""

        async def on_its_loop() -> None:
            self.process.advance(by)

        self.do(on_its_loop())

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """What the database itself answers."""
        with psycopg.connect(str(self.settings.database_url), autocommit=True) as session:
            answer = session.execute(statement, values or None)
            return answer.fetchall() if answer.description else []

    def film(self, *, team: bool = True, **opening: Any) -> Film:
        """The Last Lighthouse anew, under an id of its own."""
        film = Film(self.as_, self.issuer.person)
        film.open(**opening)
        film.until_opened()
        if team:
            film.appoint_everybody()
        return film

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def wait_for(what: str, look: Callable[[], Any], seconds: float = LIVE_SECONDS_MAX) -> Any:
    """What `look` answers once that is true; a generous bound, for liveness only."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:.0f} s"
        time.sleep(0.02)
    return seen


@contextmanager
def lived(settings: Settings, name: str = "reel") -> Iterator[Instance]:
    """Every part of Reel in one process, as `reel up` runs it, ready, until the block ends."""
    configure(settings)
    answered: list[str] = []
    ended: list[BaseException | None] = []
    loop = asyncio.new_event_loop()
    process = Process(settings, Parts.all())

    async def run() -> None:
        await migrate_all(settings)
        await process.run(answered.append)

    def live() -> None:
        try:
            loop.run_until_complete(run())
            ended.append(None)
        except BaseException as error:
            ended.append(error)
        finally:
            loop.close()

    thread = threading.Thread(target=live, name=name)
    thread.start()
    try:
        wait_for(name, lambda: answered or ended, 60)
        if ended:
            raise RuntimeError(f"{name} did not start") from ended[0]
        wait_for("readiness", lambda: httpx.get(f"{answered[0]}/readyz").is_success, 120)
        running = Instance(settings, Issuer(settings), process, answered[0], loop)
        yield running
        running.close()
    finally:
        if not ended:
            loop.call_soon_threadsafe(process.stop)
        thread.join(LIVE_SECONDS_MAX)
    assert ended == [None]


@pytest.fixture(scope="session")
def instance(database_url: str, kafka: str) -> Iterator[Instance]:
    """All of it, for every test of the session."""
    dsn = fresh_database(database_url)
    home = Path(tempfile.mkdtemp(prefix="reel-http-"))
    settings = settings_of(home, dsn, kafka, f"http-{secrets.token_hex(4)}", log_level="error")
    leaders = frozenset({Issuer(settings).person(OFFICER)})
    settings = settings.model_copy(update={"house_leaders": leaders})
    try:
        with lived(settings) as running:
            yield running
    finally:
        shutil.rmtree(home, ignore_errors=True)
        drop_database(dsn)


@pytest.fixture(scope="session")
def film(instance: Instance) -> Film:
    """The film with its whole team, for tests that leave no trace that another would mind."""
    return instance.film()
