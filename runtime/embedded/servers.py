"""Both servers at once: those that the environment names, else embedded ones."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from runtime.embedded.errors import DATABASE_CURE, KAFKA_CURE, EmbeddedError
from runtime.embedded.home import Home

if TYPE_CHECKING:
    from runtime.embedded.kafka import EmbeddedKafka
    from runtime.embedded.postgres import EmbeddedPostgres

DATABASE_VARIABLE = "REEL_DATABASE_URL"
KAFKA_VARIABLE = "REEL_KAFKA"


@dataclass(frozen=True)
class Endpoints:
    """Where PostgreSQL (a DSN) and Kafka ("host:port", or several with commas) answer."""

    database_url: str
    kafka: str


def _silent(message: str) -> None:
    """Nobody listens."""


class Servers:
    """PostgreSQL and Kafka for one home, started together and stopped in order.

    `environment` may name servers of one's own (REEL_DATABASE_URL, REEL_KAFKA); none is embedded
    in their place. `progress` hears sentences for a person, from several threads.
    """

    def __init__(
        self,
        home: Path,
        *,
        environment: Mapping[str, str] = os.environ,
        progress: Callable[[str], None] = _silent,
        postgres_settings: Mapping[str, str] | None = None,
        kafka_settings: Mapping[str, str] | None = None,
        java_flags: Sequence[str] | None = None,
    ) -> None:
        self.home = Home(home, "servers")
        self.postgres: EmbeddedPostgres | None = None
        self.kafka: EmbeddedKafka | None = None
        self._database_url = environment.get(DATABASE_VARIABLE, "")
        self._kafka = environment.get(KAFKA_VARIABLE, "")
        self._endpoints: Endpoints | None = None
        self._progress = progress
        self._postgres_settings = postgres_settings
        self._kafka_settings = kafka_settings
        self._java_flags = java_flags

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoints(self) -> Endpoints:
        """Where the servers answer; RuntimeError while they are not started."""
        if self._endpoints is None:
            raise RuntimeError("the servers are not started")
        return self._endpoints

    def start(self) -> Endpoints:
        """Start what is not named, both at the same time; either both answer or none is left.

        Raises EmbeddedError, also when a living process runs the servers of this home already.
        """
        if not (self._database_url and self._kafka):
            self._own_home()
        try:
            with ThreadPoolExecutor(2) as pool:
                database = pool.submit(self._start_postgres)
                kafka = pool.submit(self._start_kafka)
                self._endpoints = Endpoints(database.result(), kafka.result())
        except BaseException:
            self.stop()
            raise
        return self.endpoints

    def stop(self) -> None:
        """Stop what we started: Kafka first, so that PostgreSQL hears all that there was to say."""
        try:
            if self.kafka is not None:
                self._progress("Stopping Kafka")
                self.kafka.stop()
        finally:
            if self.postgres is not None:
                self._progress("Stopping PostgreSQL")
                self.postgres.stop()
            self.kafka = self.postgres = self._endpoints = None
            self.home.release()

    def _own_home(self) -> None:
        if sys.platform == "win32":
            raise EmbeddedError("Servers are embedded on Linux and macOS only.", _BOTH_CURES)
        if not self.home.acquire():
            owner = (self.home.describe() or {}).get("pid", "unknown")
            raise EmbeddedError(
                f"Process {owner} runs the servers in {self.home.path} already.",
                "Stop it first, or work in another folder.",
            )

    def _start_postgres(self) -> str:
        if self._database_url:
            return self._database_url
        try:
            from runtime.embedded.postgres import EmbeddedPostgres
        except ImportError as error:
            raise _not_installed(error, DATABASE_CURE) from error
        self._progress("Starting PostgreSQL")
        self.postgres = EmbeddedPostgres(self.home.postgres, settings=self._postgres_settings)
        if self.postgres.note:
            self._progress(self.postgres.note)
        return self.postgres.start()

    def _start_kafka(self) -> str:
        if self._kafka:
            return self._kafka
        try:
            from runtime.embedded.jars import are_fetched
            from runtime.embedded.kafka import LAPTOP_FLAGS, EmbeddedKafka
        except ImportError as error:
            raise _not_installed(error, KAFKA_CURE) from error
        if not are_fetched():
            self._progress("Fetching Apache Kafka, 44 MB, once")
        self._progress("Starting Kafka")
        self.kafka = EmbeddedKafka(
            self.home.kafka,
            java_flags=self._java_flags or LAPTOP_FLAGS,
            settings=self._kafka_settings,
        )
        return self.kafka.start()


_BOTH_CURES = f"{DATABASE_CURE}\n{KAFKA_CURE}"


def _not_installed(error: ImportError, cure: str) -> EmbeddedError:
    problem = f"The packages of the embedded servers are not installed ({error})."
    return EmbeddedError(problem, f"Install them: pip install 'reel[embedded]'\n{cure}")
