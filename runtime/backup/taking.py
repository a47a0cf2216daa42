"""Takes a backup while everything runs: logs and what services heard, room by room, from one
snapshot of each database; the vault in a file of its own."""

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from runtime.backup.manifest import (
    Dump,
    Head,
    Manifest,
    digest_of,
    seal_of,
    write,
)
from runtime.backup.programs import Programs, programs_for
from runtime.migrate import Schema
from runtime.people.kept import master_key
from runtime.settings import Settings

NOT_KEPT = ("snapshot", "snapshot_page")
"""Tables whose rows are made again by themselves."""
VAULT_SET, READER_SET, VIEWS_SET = "vault", "reader", "views"

Said = Callable[[str], None]


@dataclass(frozen=True)
class Piece:
    """What goes into one file: some schemas of one database."""

    name: str
    database_url: str
    schemas: tuple[str, ...]
    log: str | None = None

    @property
    def file(self) -> str:
        return f"{self.name}.dump"


def pieces_of(schemas: Sequence[Schema]) -> list[Piece]:
    """One piece a room, its log and what its service heard together; whatever else Reel keeps, each
    for itself. Read models are left out: they are folded again."""
    logs = {one.name: one for one in schemas if one.set == "log"}
    pieces = []
    for schema in schemas:
        if schema.tables or schema.set == VIEWS_SET:
            continue
        room = schema.name.removesuffix("_service")
        if schema.set == READER_SET and room in logs:
            continue
        beside = tuple(
            one.name
            for one in schemas
            if one.set == READER_SET and one.name == f"{schema.name}_service"
        )
        log = schema.name if schema.set == "log" else None
        pieces.append(Piece(schema.name, schema.database_url, (schema.name, *beside), log))
    return pieces


def backup(settings: Settings, schemas: Sequence[Schema], to: Path, said: Said) -> Manifest:
    """Writes a backup into the new folder `to`, which is there when all of it is.

    Raises:
        FileExistsError: something is there already.
        LookupError: the database has no logs yet.
        NoPrograms, ProgramFailed, OSError, psycopg.OperationalError: with the cure.
    """
    if to.exists():
        raise FileExistsError(f"{to} is there already: name a new folder for each backup")
    work = to.with_name(f".{to.name}.unfinished")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, mode=0o700)
    try:
        manifest = _take(settings, pieces_of(schemas), work, said)
        write(work, manifest, seal_of(master_key(settings)))
        _make_durable(work)
        work.rename(to)
        _make_durable(to.parent)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return manifest


def _take(settings: Settings, pieces: Sequence[Piece], work: Path, said: Said) -> Manifest:
    by_database = defaultdict(list)
    for piece in pieces:
        by_database[piece.database_url].append(piece)
    dumps: dict[str, Dump] = {}
    heads: dict[str, Head] = {}
    for moment, (url, of_it) in enumerate(by_database.items(), start=1):
        programs = programs_for(url)
        with _snapshot(url) as (connection, snapshot):
            for piece in of_it:
                if piece.log is not None:
                    heads[piece.log] = _head(connection, piece.log)
            for piece in of_it:
                said(f"Dumping {' and '.join(piece.schemas)}")
                _dump(programs, piece, snapshot, work / piece.file)
                dumps[piece.name] = _told(connection, piece, moment, work)
    kept = _keep_files(settings, work)
    return Manifest(
        reel=version("reel"),
        taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
        dumps=tuple(dump for name, dump in dumps.items() if name != VAULT_SET),
        vault=dumps[VAULT_SET],
        heads=heads,
        kept_files=kept,
    )


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A moment of a database that stands still until the block ends."""
    with psycopg.connect(url, autocommit=True) as connection:
        for patience in ("idle_in_transaction_session_timeout", "transaction_timeout"):
            connection.execute(f"SET {patience} = 0")
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert row is not None
            yield connection, row[0]


def _head(connection: psycopg.Connection[Any], log: str) -> Head:
    query = sql.SQL(
        """SELECT incarnation::text, position, encode(coalesce(event.hash, ''), 'hex')
           FROM {log}.head LEFT JOIN {log}.event USING (position)"""
    )
    try:
        row = connection.execute(query.format(log=sql.Identifier(log))).fetchone()
    except psycopg.errors.UndefinedTable:
        raise LookupError(
            f"there is no log {log} yet: `reel up` or `reel migrate` makes it"
        ) from None
    assert row is not None
    return Head(incarnation=row[0], position=row[1], hash=row[2])


def _dump(programs: Programs, piece: Piece, snapshot: str, to: Path) -> None:
    arguments = ["--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={to}"]
    arguments += [f'--schema="{schema}"' for schema in piece.schemas]
    arguments += [
        f'--exclude-table-data="{schema}".{table}' for schema in piece.schemas for table in NOT_KEPT
    ]
    with programs.run("pg_dump", arguments, piece.database_url):
        pass


def _told(connection: psycopg.Connection[Any], piece: Piece, moment: int, work: Path) -> Dump:
    row = connection.execute(
        "SELECT (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint, "
        "current_setting('server_version')"
    ).fetchone()
    assert row is not None
    path = work / piece.file
    return Dump(
        file=piece.file,
        schemas=piece.schemas,
        moment=moment,
        taken_at_us=row[0],
        server=row[1],
        sha256=digest_of(path),
        size_bytes=path.stat().st_size,
    )


def kept_files(settings: Settings) -> Mapping[str, Path]:
    """Files of the home that tell of the logs, by the name that they have in a backup."""
    named = getattr(settings, "anchors_file", settings.home / "anchors.reel")
    return {"anchors.reel": named}


def _keep_files(settings: Settings, work: Path) -> dict[str, str]:
    kept = {}
    for name, path in kept_files(settings).items():
        if path.is_file():
            shutil.copyfile(path, work / name)
            kept[name] = digest_of(work / name)
    return kept


def _make_durable(folder: Path) -> None:
    """Has the disk itself hold every file of a folder, and their names."""
    for path in [*(one for one in folder.iterdir() if one.is_file()), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
