"""The yardstick of a rebuild: the projection runner of the `eventsourcing` library, by its public
classes, with the same fold, the same rows and the same facts on the same server."""

import time
from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from events.envelope import Recorded
from projections.budget_status.view import VIEW
from runtime.reading.tables import Changed
from runtime.reading.views import fold_into
from runtime.view import Row, Rows

SCHEMA = "runner_rows"
LIVE_SECONDS_MAX = 600.0


class Told(Aggregate):
    """A production, whose events carry the facts as they stand in the log."""

    def __init__(self, production: str) -> None:
        self.production = production

    @staticmethod
    def create_id(production: str) -> UUID:
        return UUID(production)

    @event("Fact")
    def tell(self, fact: dict[str, Any]) -> None:
        self.last = fact["position"]


class Facts(Application[UUID]):
    """Keeps them."""

    name = "facts"


class StatusRows(PostgresTrackingRecorder):
    """The rows of the budget status, written with the tracking of each event."""

    def write(self, changed: Changed, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            for table, rows in changed.items():
                columns = [column.name for column in fields(table)]  # type: ignore[arg-type]
                cursor.executemany(
                    _upsert(table, columns),
                    [
                        (production, *(getattr(row, column) for column in columns))
                        for (production, _), row in rows.items()
                    ],
                )
            self._insert_tracking(cursor, tracking)


def _upsert(table: type[Row], columns: Sequence[str]) -> str:
    others = [column for column in columns if column not in table.KEY]
    sets = ", ".join(f"{column} = EXCLUDED.{column}" for column in others)
    return (
        f"INSERT INTO {SCHEMA}.{table.TABLE} (production, {', '.join(columns)}) "
        f"VALUES (%s{', %s' * len(columns)}) ON CONFLICT ({', '.join(('production', *table.KEY))}) "
        f"DO UPDATE SET {sets}"
    )


class Status(Projection[StatusRows]):
    """Folds as Reel's own worker does."""

    name = "status"
    topics = ()

    def __init__(self, view: StatusRows) -> None:
        super().__init__(view)
        self._rows: dict[str, Rows] = {}

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        fact = getattr(domain_event, "fact", None)
        changed: Changed = {}
        if fact is not None:
            recorded = Recorded(**{**fact, "hash": b""})
            rows = self._rows.setdefault(recorded.production, Rows())
            changed = fold_into({recorded.production: rows}, VIEW, [recorded])
        self.view.write(changed, tracking)


class Runner:
    """One log of the library's, filled once and projected as often as it is asked."""

    def __init__(self, database_url: str, tables_sql: str) -> None:
        url = urlsplit(database_url)
        self._database_url = database_url
        self._tables_sql = tables_sql
        self._env = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": url.path.lstrip("/"),
            "POSTGRES_HOST": url.hostname or "",
            "POSTGRES_PORT": str(url.port or 5432),
            "POSTGRES_USER": url.username or "",
            "POSTGRES_PASSWORD": url.password or "none",
        }
        self.events = 0
        self._last = 0

    def fill(self, recorded: Sequence[Recorded]) -> None:
        """Keeps facts as events of one aggregate for each production, in their order."""
        told: dict[str, Told] = {}
        with Facts(env=self._env) as app:
            for one in recorded:
                if one.production not in told:
                    told[one.production] = Told(one.production)
                fact = {name: getattr(one, name) for name in _KEPT}
                told[one.production].tell(fact)
                if len(told[one.production].pending_events) >= 100:
                    app.save(told[one.production])
            for production in told.values():
                app.save(production)
            self._last = app.recorder.max_notification_id() or 0
        self.events = self._last

    def per_second(self) -> float:
        """Events a second that the runner folds, from the first to the last."""
        with psycopg.connect(self._database_url, autocommit=True) as session:
            session.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            session.execute(f"CREATE SCHEMA {SCHEMA}")
            session.execute(f"SET search_path TO {SCHEMA}")
            session.execute(self._tables_sql.encode())
            session.execute("DROP TABLE IF EXISTS public.status_tracking")
        began = time.perf_counter()
        with ProjectionRunner(
            application_class=Facts,
            projection_class=Status,
            view_class=StatusRows,
            env=self._env,
        ) as runner:
            runner.wait(self._last, timeout=LIVE_SECONDS_MAX)
            return self.events / (time.perf_counter() - began)


_KEPT = [field.name for field in fields(Recorded) if field.name != "hash"]
