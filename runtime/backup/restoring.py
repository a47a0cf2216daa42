"""Restores a backup: each database in one transaction, so that a restore that is cut off has done
nothing there, and can be repeated."""

import asyncio
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from runtime.backup import script
from runtime.backup.agreement import Agreement, Standing
from runtime.backup.alone import RestoreRefused, alone
from runtime.backup.erasures import LOG, ErasedAgain, erase_again, erasures_of
from runtime.backup.lost_causes import LostCause, lost_causes
from runtime.backup.manifest import BadBackup, Dump, Manifest, check_files, read, seal_of
from runtime.backup.programs import programs_for
from runtime.connecting import is_there_now
from runtime.migrate import Schema, migrate
from runtime.people.kept import master_key
from runtime.people.readings import ACCESS
from runtime.settings import Settings

VAULT = "vault"
Said = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What of a backup is to be restored, and over what."""

    folder: Path
    only: tuple[str, ...] = ()
    replace: bool = False
    with_vault: bool = False
    trust: bool = False


@dataclass(frozen=True)
class Restored:
    """What a restore has done, and what is left to know."""

    rooms: tuple[str, ...]
    vault: str
    moments: int
    standings: tuple[Standing, ...]
    lost_causes: tuple[LostCause, ...]
    erased: ErasedAgain


def restore(settings: Settings, schemas: Sequence[Schema], wish: Wish, said: Said) -> Restored:
    """Checks the backup, restores it, and brings every consumer into agreement.

    Raises:
        BadBackup, RestoreRefused: nothing was changed; the text names the cure.
        NoPrograms, ProgramFailed, OSError, psycopg.Error: one database was not restored.
    """
    master = master_key(settings)
    manifest = read(wish.folder, None if wish.trust else seal_of(master))
    targets = _targets(schemas, manifest, wish)
    targets = [one for one in targets if not _are_there(*one, wish)]
    with ExitStack() as stack:
        for url in {schema.database_url for schema in schemas}:
            stack.enter_context(alone(url))
        for dump, url in targets:
            _refuse_to_overwrite(dump, url, manifest, wish)
        vault, with_vault = _vault(schemas, manifest, wish)
        if with_vault is not None:
            targets.append(with_vault)
        check_files(wish.folder, manifest, {dump.file for dump, _ in targets}, said)
        urls = {schema.name: schema.database_url for schema in schemas}
        before = asyncio.run(erasures_of(urls[LOG])) if with_vault else {}
        by_database = defaultdict(list)
        for dump, url in targets:
            by_database[url].append(dump)
        for url, dumps in by_database.items():
            said(f"Restoring {', '.join(dump.schemas[0] for dump in dumps)}")
            _restore_database(url, dumps, manifest, wish.folder)
        said("Migrating the databases")
        migrate(list(schemas))
        said("Destroying again the keys of whom the log says that he was erased")
        erased = asyncio.run(erase_again(urls[LOG], urls[VAULT], master, before))
        said("Bringing the consumers into agreement")
        logs, databases = _logs(schemas), [schema.database_url for schema in schemas]
        standings = asyncio.run(Agreement(logs, databases).settle())
    return Restored(
        rooms=tuple(dump.schemas[0] for dump, _ in targets),
        vault=vault,
        moments=manifest.moments,
        standings=tuple(standings),
        lost_causes=tuple(asyncio.run(lost_causes(logs))),
        erased=erased,
    )


def _logs(schemas: Sequence[Schema]) -> dict[str, str]:
    return {schema.name: schema.database_url for schema in schemas if schema.set == "log"}


def _targets(schemas: Sequence[Schema], manifest: Manifest, wish: Wish) -> list[tuple[Dump, str]]:
    urls = {schema.name: schema.database_url for schema in schemas}
    names = {dump.schemas[0]: dump for dump in manifest.dumps}
    unknown = [one for one in wish.only if one not in names]
    if unknown:
        raise LookupError(f"the backup has no {unknown[0]!r}; it has {', '.join(names)}")
    found = []
    for name, dump in names.items():
        if name not in urls:
            raise BadBackup(f"this build has no room {name!r}: restore with the build that has it")
        if not wish.only or name in wish.only:
            found.append((dump, urls[name]))
    return found


def _refuse_to_overwrite(dump: Dump, url: str, manifest: Manifest, wish: Wish) -> None:
    name = dump.schemas[0]
    if wish.replace or name not in manifest.heads:
        return
    with psycopg.connect(url, autocommit=True) as connection:
        position = _one(connection, f"{name}.head", "SELECT position FROM {}") or 0
    if position:
        raise RestoreRefused(
            f"the log {name} holds {position:,} facts, which a restore would take away: "
            "--replace agrees to that"
        )


def _are_there(dump: Dump, url: str, wish: Wish) -> bool:
    """Whether these are readings, and there are some: who looked at what since the backup is not
    taken away, unless they are asked for by name."""
    if dump.schemas[0] != ACCESS or ACCESS in wish.only:
        return False
    with psycopg.connect(url, autocommit=True) as connection:
        return bool(_one(connection, f"{ACCESS}.read", "SELECT count(*) FROM {}"))


def _vault(
    schemas: Sequence[Schema], manifest: Manifest, wish: Wish
) -> tuple[str, tuple[Dump, str] | None]:
    """What becomes of the vault, in words, and whether its dump is restored."""
    (url,) = (schema.database_url for schema in schemas if schema.set == "vault")
    with psycopg.connect(url, autocommit=True) as connection:
        keys = _one(connection, "vault.person_key", "SELECT count(*) FROM {}") or 0
    if keys and not wish.with_vault:
        return "kept as it is: keys that were destroyed since the backup stay destroyed", None
    if not (wish.folder / manifest.vault.file).exists():
        return "not in the backup: personal texts say [erased]", None
    return "restored", (manifest.vault, url)


def _one(connection: psycopg.Connection[Any], table: str, query: str) -> Any:
    """The answer of a query on a table; None where there is no such table."""
    if not is_there_now(connection, *table.split(".")):
        return None
    row = connection.execute(sql.SQL(query).format(sql.Identifier(*table.split(".")))).fetchone()
    return None if row is None else row[0]


def _restore_database(url: str, dumps: Sequence[Dump], manifest: Manifest, folder: Path) -> None:
    schemas = [schema for dump in dumps for schema in dump.schemas]
    logs = [schema for schema in schemas if schema in manifest.heads]
    with psycopg.connect(url, autocommit=True) as connection:
        there = [log for log in logs if _one(connection, f"{log}.incarnation", "SELECT 1 FROM {}")]
    programs = programs_for(url)
    psql = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    with programs.run("psql", psql, url, stdin=subprocess.PIPE) as into:
        assert into.stdin is not None
        into.stdin.write(script.beginning(logs, schemas, there))
        for dump in dumps:
            arguments = ["--no-owner", "--file=-", str(folder / dump.file)]
            with programs.run("pg_restore", arguments, stdout=subprocess.PIPE) as out_of:
                assert out_of.stdout is not None
                shutil.copyfileobj(out_of.stdout, into.stdin, 1024 * 1024)
        into.stdin.write(script.end(logs, schemas, there))
        into.stdin.flush()
