"""Makes the audit package of one production."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.approval import Role
from events.contract import FEES_ARE_FOR
from runtime import rooms
from runtime.audit.before import keys_before
from runtime.audit.kept_lines import lines_of as kept_lines
from runtime.audit.lines import SignedHeads
from runtime.audit.package import verifier
from runtime.audit.package.archive import sealed, zipped
from runtime.audit.package.history import History, history_of, left_out_for
from runtime.audit.package.page import Seal, page
from runtime.audit.package.proofs import chain_of, ends_in, newest_below
from runtime.audit.package.tables import columns_of, csv_of, lines_of
from runtime.audit.package.written import json_of, logs_of, moment_of, schemas_of
from runtime.audit.signing import key_id, signing_key
from runtime.migrate import check
from runtime.people.kept import master_key
from runtime.people.vault import Sealer, Vault
from runtime.pools import Pools
from runtime.process import VAULT, schemas
from runtime.reading.moment import Moment
from runtime.rooms import Projection
from runtime.settings import Settings
from runtime.sheets import Sheet, Told
from runtime.view import Rows

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """Which production, as of when, for a reader in which role, below which anchored lines."""

    production: str
    as_of: Moment | datetime | None = None
    role: Role = Role.AUDITOR
    anchored: Sequence[SignedHeads] = ()


@dataclass(frozen=True)
class Package:
    """The files of a package, and the history that they hold."""

    history: History
    files: Mapping[str, bytes]
    key: str

    @property
    def archive(self) -> bytes:
        """All of it in one file; raises as `zipped` does."""
        return zipped(self.files)

    @property
    def name(self) -> str:
        """What to call the archive: title and moment."""
        title = "".join(
            one if one.isascii() and one.isalnum() else "-"
            for one in self.history.opened.title.lower()
        )
        words = "-".join(filter(None, title.split("-"))) or "production"
        return f"{words[:60]}.audit.{self.history.at:%Y%m%dT%H%M%SZ}.zip"


async def packed(settings: Settings, asked: Asked, progress: Progress) -> Package:
    """Reads, folds, proves, signs.

    Raises:
        BrokenChain: a log was changed, or is not what was anchored.
        GivenUp: the key is not to sign any more.
        NoSuchProduction, BadMoment, UnknownSchema, WrongMasterKey: with the cure.
    """
    await asyncio.to_thread(check, schemas(settings))
    pools = Pools(settings)
    try:
        vault = Vault(await pools.of(VAULT), master_key(settings))
        key = signing_key(settings)
        progress("Reading the facts of every log, and checking their chains")
        history = await history_of(pools, asked.production, asked.as_of, left_out_for(asked.role))
        progress("Signing the heads of all logs, and proving the chains below them")
        lines = kept_lines(settings.anchors_file)
        told = [*lines, *(one.line for one in asked.anchored)]
        keys = keys_before(key.public_key(), told)
        own = newest_below(lines, keys, history)
        anchored = dict.fromkeys(one for one in (*asked.anchored, own) if one is not None)
        chain = await chain_of(history, key, list(anchored), ends_in(pools), keys)
        progress("Folding the read models, and writing the page")
        return await package_of(history, chain, key, vault, asked.role)
    finally:
        await pools.close()


async def package_of(
    history: History, chain: Mapping[str, Any], key: Ed25519PrivateKey, vault: Sealer, role: Role
) -> Package:
    """What `history` and `chain` make, signed with `key`; names as `vault` opens them now."""
    folded = dict(_folded(history))
    tables = {
        path: body
        for name, rows in folded.items()
        if not _is_restricted(name, history)
        for path, body in await _tables(rooms.projections()[name], rows, vault)
    }
    sheets = _sheets(history, folded, role in FEES_ARE_FOR)
    seal = Seal(key_id(key.public_key()), chain["heads"])
    handed_over = [one for told in history.handed_over.values() for one in told]
    files = {
        "index.html": (await page(history, sheets, seal, vault)).encode(),
        verifier.MOMENT: json_of(moment_of(history)),
        verifier.CHAIN: json_of(chain),
        **logs_of(history),
        **schemas_of(handed_over),
        **tables,
    }
    return Package(history, sealed(files, _about(history, role), key), seal.key)


def _about(history: History, role: Role) -> dict[str, Any]:
    return {
        "production": history.production,
        "title": history.opened.title,
        "at": history.at.isoformat(),
        "for": role.value,
        "made_by": f"reel {version('reel')}",
    }


def _folded(history: History) -> Iterator[tuple[str, Rows]]:
    for name, projection in rooms.projections().items():
        heard = (one for one in history.in_order if one.log in projection.view.logs)
        yield name, projection.view.fold(heard)


def _is_restricted(projection: str, history: History) -> bool:
    """Whether its rows are made of a log that is left out: they hold what that log does."""
    return not history.left_out.keys().isdisjoint(rooms.projections()[projection].view.logs)


async def _tables(projection: Projection, rows: Rows, vault: Sealer) -> list[tuple[str, bytes]]:
    return [
        (
            f"read-models/{projection.name}/{table.TABLE}.csv",
            csv_of(columns_of(table), await vault.open_all(lines_of(table, rows))),
        )
        for table in projection.view.tables
    ]


def _sheets(history: History, folded: Mapping[str, Rows], fees: bool) -> list[Sheet]:
    return [
        sheet
        for name, rows in folded.items()
        for sheet in rooms.projections()[name].sheets(
            Told(rows, history.opened.currency, history.at, fees)
        )
    ]
