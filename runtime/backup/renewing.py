"""What follows when PostgreSQL itself was restored, to a point in time or from a copy of its files:
Reel has to be told, since the log is another one now and looks the same."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack

import psycopg
from psycopg import sql

from runtime.backup.agreement import Agreement
from runtime.backup.alone import alone
from runtime.backup.erasures import LOG, erase_again
from runtime.backup.lost_causes import lost_causes
from runtime.backup.restoring import VAULT, Restored
from runtime.migrate import Schema
from runtime.people.kept import master_key
from runtime.reading.rewind import rewind
from runtime.settings import Settings


def restored(settings: Settings, schemas: Sequence[Schema], named: Sequence[str]) -> Restored:
    """Destroys again the keys that came back with the vault, renews the incarnations of those logs
    and brings every consumer into agreement.

    A service's own memory may be of another moment than its log, so it hears and answers again
    all that is not in its log any more: it is rewound, and what it had answered is forgotten.

    Raises:
        LookupError: there is no such log.
        RestoreRefused: Reel is running.
    """
    logs = {one.name: one.database_url for one in schemas if one.set == "log"}
    for name in named:
        if name not in logs:
            raise LookupError(f"there is no log {name!r}; there are {', '.join(logs)}")
    urls = {one.name: one.database_url for one in schemas}
    with ExitStack() as stack:
        for url in set(urls.values()):
            stack.enter_context(alone(url))
        erased = asyncio.run(erase_again(urls[LOG], urls[VAULT], master_key(settings)))
        for name in named or logs:
            _renew(logs[name], name)
            service = f"{name}_service"
            if service in urls:
                asyncio.run(rewind(urls[service], service))
                _forget_answers(urls[service], service)
        standings = asyncio.run(Agreement(logs, urls.values()).settle())
    return Restored(
        rooms=tuple(named or logs),
        vault="left as it is",
        moments=1,
        standings=tuple(standings),
        lost_causes=tuple(asyncio.run(lost_causes(logs))),
        erased=erased,
    )


def _renew(url: str, log: str) -> None:
    with psycopg.connect(url) as connection:
        name = sql.Identifier(log)
        renew = sql.SQL("UPDATE {}.head SET incarnation = gen_random_uuid()")
        connection.execute(renew.format(name))
        free = sql.SQL("UPDATE {}.relay SET owner = NULL, leased_till = '-infinity'")
        connection.execute(free.format(name))


def _forget_answers(url: str, service: str) -> None:
    with psycopg.connect(url) as connection:
        for table in ("answered", "unanswered"):
            name = sql.Identifier(service, table)
            connection.execute(sql.SQL("DELETE FROM {}").format(name))
