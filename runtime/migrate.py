"""Brings a database to the schema of this build, under a lock, and refuses one it does not know."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from yoyo import get_backend, read_migrations
from yoyo.backends.base import DatabaseBackend

from runtime.connecting import is_there_now

SETS = Path(__file__).parent / "schema"
_LOCK = "reel.migrate"
RESTORE_LOCK = "reel.restore"
"""Who restores a database holds it there; nobody starts meanwhile."""


@dataclass(frozen=True)
class Schema:
    """One PostgreSQL schema and the numbered files that make it."""

    database_url: str
    name: str
    set: str
    tables: str = ""
    """SQL of a read model's own tables, created once behind the numbered files."""


class UnknownSchema(Exception):
    """The database is older or newer than this build, or is being restored."""


def migrate(schemas: list[Schema]) -> list[str]:
    """Applies what is missing, schema by schema, and answers what it applied.

    Raises:
        UnknownSchema: a database has migrations that this build does not know.
    """
    applied = []
    for schema in schemas:
        with _locked(schema.database_url) as connection:
            connection.execute(
                sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema.name))
            )
            backend = _backend(schema)
            try:
                _refuse_unknown(schema, backend)
                missing = backend.to_apply(read_migrations(str(SETS / schema.set)))
                backend.apply_migrations(missing)
                applied += [f"{schema.name}: {migration.id}" for migration in missing]
            finally:
                backend.connection.close()
            if schema.tables and _create_tables(connection, schema):
                applied.append(f"{schema.name}: its tables")
    return applied


def check(schemas: list[Schema]) -> None:
    """Makes sure that every schema is exactly what this build knows.

    Raises:
        UnknownSchema: says which is not, and the cure.
    """
    for schema in schemas:
        with psycopg.connect(schema.database_url, autocommit=True) as connection:
            _refuse_while_restored(connection)
            known = {migration.id for migration in read_migrations(str(SETS / schema.set))}
            done: set[str] = set()
            if is_there_now(connection, schema.name, "_yoyo_migration"):
                rows = connection.execute(
                    sql.SQL("SELECT migration_id FROM {}._yoyo_migration").format(
                        sql.Identifier(schema.name)
                    )
                )
                done = {row[0] for row in rows}
        if known - done:
            raise UnknownSchema(
                f"schema {schema.name} lacks {', '.join(sorted(known - done))}: run `reel migrate`"
            )
        if done - known:
            raise UnknownSchema(_too_new(schema, done - known))


def _refuse_while_restored(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    free = connection.execute(
        "SELECT pg_try_advisory_lock_shared(hashtextextended(%s, 0))", [RESTORE_LOCK]
    ).fetchone()
    if free is None or not free[0]:
        raise UnknownSchema("this database is being restored: start when `reel restore` has ended")


def _refuse_unknown(schema: Schema, backend: DatabaseBackend) -> None:
    known = {migration.id for migration in read_migrations(str(SETS / schema.set))}
    backend.ensure_internal_schema_updated()
    with backend.transaction():
        rows = backend.execute("SELECT migration_id FROM _yoyo_migration").fetchall()
    unknown = {row[0] for row in rows} - known
    if unknown:
        raise UnknownSchema(_too_new(schema, unknown))


def _too_new(schema: Schema, unknown: set[str]) -> str:
    return (
        f"schema {schema.name} has {', '.join(sorted(unknown))}, which this build does not know: "
        "a newer Reel made it; run that one"
    )


def _create_tables(connection: psycopg.Connection[tuple[object, ...]], schema: Schema) -> bool:
    with connection.transaction():
        connection.execute(
            sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(schema.name))
        )
        if is_there_now(connection, schema.name, "tables_made"):
            return False
        connection.execute(schema.tables.encode())
        connection.execute("CREATE TABLE tables_made (at timestamptz DEFAULT now())")
    return True


@contextmanager
def _locked(database_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A lock of the session: it vanishes with a killed process, unlike a row in a table."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [_LOCK])
        yield connection


def _backend(schema: Schema) -> DatabaseBackend:
    parts = urlsplit(schema.database_url)
    query = dict(parse_qsl(parts.query)) | {"schema": f'"{schema.name}",pg_temp'}
    return get_backend(
        urlunsplit(("postgresql+psycopg", parts.netloc, parts.path, urlencode(query), ""))
    )
