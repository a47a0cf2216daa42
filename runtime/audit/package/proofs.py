"""Heads that are signed for a package, and the proofs that its chains end below them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.envelope import BrokenChain, microseconds
from runtime.audit.heads import (
    BESIDE,
    ChainEnd,
    Head,
    MalformedStatement,
    Statement,
    leaves_of,
    ordered_ends,
)
from runtime.audit.keys import Keys
from runtime.audit.lines import SignedHeads
from runtime.audit.merkle import path
from runtime.audit.package.history import End, History
from runtime.audit.signing import ForgedHeads, key_id, sign
from runtime.pools import Pools

Ends = Callable[[str, int], Awaitable[Sequence[ChainEnd]]]
"""Where the chains of all productions end in that log, up to that position."""


async def chain_of(
    history: History,
    key: Ed25519PrivateKey,
    anchored: Sequence[SignedHeads],
    ends: Ends,
    keys: Keys | None = None,
) -> dict[str, Any]:
    """What `chain.json` says: heads signed now of the package's moment, and those anchored heads
    that are not beyond it, with a proof for each log that is handed over; and how the keys before
    `key`, which `keys` knows, gave up for the next.

    What is signed now stands beside the line of anchors: a moment may lie before the last one.

    Raises:
        BrokenChain: a log is not any more what it was when its head was anchored.
        ForgedHeads: an anchored line was signed by none of the keys.
    """
    keys = keys or Keys.following([key.public_key()], ())
    covering = [one for one in anchored if _is_below(one, history.ends)]
    heads, proofs = await _below(history, history.ends, ends)
    statement = Statement(
        microseconds(history.at),
        key_id(key.public_key()),
        tuple(heads[log] for log in sorted(heads)),
        BESIDE,
    )
    told = [{"of": "export", "line": sign(statement, key).line, "proofs": proofs}]
    for one in covering:
        keys.checked(one)
        told.append({"of": "anchor", "line": one.line, "proofs": await _proofs(history, one, ends)})
    return {
        "layout": 1,
        "production": history.production,
        "keys": [one.line for one in keys.handovers],
        "heads": told,
    }


def _is_below(anchored: SignedHeads, ends: Mapping[str, End]) -> bool:
    """Whether those heads are of the same histories, and not beyond the moment."""
    return all(
        head.log in ends
        and head.incarnation == ends[head.log].incarnation
        and head.position <= ends[head.log].position
        for head in anchored.statement.heads
    )


async def _proofs(history: History, anchored: SignedHeads, ends: Ends) -> dict[str, dict[str, Any]]:
    reached = {
        head.log: End(head.incarnation, head.position, head.recorded_at_us)
        for head in anchored.statement.heads
    }
    heads, proofs = await _below(history, reached, ends)
    for head in anchored.statement.heads:
        if heads[head.log].root != head.root:
            raise BrokenChain(
                f"the {head.log} log up to position {head.position} is not what was anchored "
                "there; `reel audit verify` looks for where it was changed"
            )
    return proofs


async def _below(
    history: History, reached: Mapping[str, End], ends: Ends
) -> tuple[dict[str, Head], dict[str, dict[str, Any]]]:
    """The heads of logs that reach so far, and where the production's chain is below each."""
    heads, proofs = {}, {}
    for log, end in reached.items():
        chains = ordered_ends(await ends(log, end.position))
        heads[log] = Head.of(log, end.incarnation, end.recorded_at_us, chains)
        if log in history.left_out:
            continue
        for index, one in enumerate(chains):
            if one.production == history.production:
                siblings = path(leaves_of(chains), index)
                proofs[log] = {"leaf": index, "path": [node.hex() for node in siblings]}
    return heads, proofs


def newest_below(lines: Iterable[str], keys: Keys, history: History) -> SignedHeads | None:
    """Of an installation's own anchors the newest that is not beyond the moment, if there is one.
    What is torn, or by a key that does not count, is passed over: `reel audit verify` tells."""
    found = []
    for line in lines:
        with suppress(MalformedStatement, ForgedHeads):
            signed = SignedHeads.of_line(line)
            keys.checked(signed)
            if _is_below(signed, history.ends):
                found.append(signed)
    return max(found, key=lambda one: one.statement.at_us, default=None)


def ends_in(pools: Pools) -> Ends:
    """As the databases have them."""

    async def ends(log: str, position: int) -> Sequence[ChainEnd]:
        pool = await pools.of(log)
        # One step down the index for each production, not one for each event.
        rows = await pool.fetch(
            f"""WITH RECURSIVE chain AS (
                    (SELECT production, position, hash FROM {log}.event
                     WHERE position <= $1 ORDER BY production DESC, position DESC LIMIT 1)
                    UNION ALL
                    SELECT below.* FROM chain CROSS JOIN LATERAL (
                        SELECT production, position, hash FROM {log}.event
                        WHERE production < chain.production AND position <= $1
                        ORDER BY production DESC, position DESC LIMIT 1) AS below)
                SELECT production::text, position, hash FROM chain""",
            position,
        )
        return [ChainEnd(*row) for row in rows]

    return ends
