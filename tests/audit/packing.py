"""Packages made in memory, of every kind of fact that there is; and plain Python to verify them."""

import asyncio
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.approval import PersonAppointed, Role
from events.envelope import GENESIS, Recorded, moment_of
from events.event import Event
from events.names import id_of
from runtime.audit.heads import ChainEnd, Head, Statement
from runtime.audit.keys import Keys
from runtime.audit.lines import SignedHeads
from runtime.audit.package import verifier
from runtime.audit.package.export import Package, package_of
from runtime.audit.package.history import End, History
from runtime.audit.package.proofs import chain_of
from runtime.audit.signing import key_id, sign
from runtime.people.vault import MemoryVault
from tests.projections.histories import FACTS, PRODUCTION, told

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
INCARNATION = id_of("incarnation")
OTHERS = 5
"""Productions beside ours in every log."""
TWO = ["approval", "budget"]


class Made:
    """A production's logs in memory, and what a package of them needs."""

    def __init__(self, facts: Mapping[str, Sequence[Event]] = FACTS) -> None:
        self.vault = MemoryVault()
        self.events = {log: chained(told(log, *events)) for log, events in facts.items()}

    @classmethod
    def with_names(cls, *logs: str) -> "Made":
        """With people whose names are sealed; of some logs only, or of all."""
        made = cls({})
        named = [
            PersonAppointed(
                person=person,
                role=Role.PRODUCER,
                name=asyncio.run(made.vault.seal(person, f"{person.title()} <Example>")),
            )
            for person in ("rosalind", "tobias")
        ]
        facts: dict[str, list[Event]] = {log: list(FACTS[log]) for log in logs or FACTS}
        facts["approval"] += named
        made.events = {log: chained(told(log, *events)) for log, events in facts.items()}
        return made

    def history(self, until: Mapping[str, int] | None = None, **more: Any) -> History:
        """All of it, or up to those positions."""
        kept = {
            log: [one for one in events if until is None or one.position <= until.get(log, 10**9)]
            for log, events in self.events.items()
        }
        return History(
            production=PRODUCTION,
            at=moment_of(max(one[-1].recorded_at_us for one in kept.values() if one)),
            ends={
                log: End(INCARNATION, *((told[-1].position, told[-1].recorded_at_us)))
                for log, told in kept.items()
            },
            events=kept,
            left_out=more.get("left_out", {}),
        )

    async def ends(self, log: str, position: int) -> list[ChainEnd]:
        """Our chain's end, beside those of others."""
        last = [one for one in self.events[log] if one.position <= position][-1]
        return [
            ChainEnd(PRODUCTION, last.position, last.hash),
            *(ChainEnd(id_of("other", str(n)), 1, bytes([n]) * 32) for n in range(OTHERS)),
        ]

    def anchor(self, key: Ed25519PrivateKey = KEY, **positions: int) -> SignedHeads:
        """The heads as they were signed at those positions."""
        heads = [
            Head.of(
                log,
                INCARNATION,
                self.events[log][position - 1].recorded_at_us,
                asyncio.run(self.ends(log, position)),
            )
            for log, position in sorted(positions.items())
        ]
        at_us = max(head.recorded_at_us for head in heads)
        return sign(Statement(at_us, key_id(key.public_key()), tuple(heads), None), key)

    def package(
        self,
        *,
        key: Ed25519PrivateKey = KEY,
        role: Role = Role.AUDITOR,
        anchored: Sequence[SignedHeads] = (),
        keys: Keys | None = None,
        **history: Any,
    ) -> Package:
        """What would be handed out of it."""

        async def made() -> Package:
            found = self.history(**history)
            chain = await chain_of(found, key, anchored, self.ends, keys)
            return await package_of(found, chain, key, self.vault, role)

        return asyncio.run(made())


def chained(events: Sequence[Recorded]) -> list[Recorded]:
    """The same events, each with the hash that it has behind the one before it."""
    found: list[Recorded] = []
    previous = GENESIS
    for one in events:
        previous = one.hash_after(previous)
        found.append(replace(one, hash=previous))
    return found


def unpacked(archive: bytes, folder: Path) -> Path:
    """The archive's files, in a folder that was empty."""
    folder.mkdir(parents=True)
    whole = folder.with_suffix(".zip")
    whole.write_bytes(archive)
    with zipfile.ZipFile(whole) as container:
        container.extractall(folder)
    whole.unlink()
    return folder


def plainly(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """What the verifier in that folder says under a Python without any package, apart from Reel."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", *words],
        cwd=folder,
        env={"PATH": "", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def checked(files: Mapping[str, bytes], folder: Path, **given: Any) -> verifier.Report:
    """What this process's verifier says of those files, as a folder."""
    if folder.exists():
        shutil.rmtree(folder)
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return verifier.checked(str(folder), **given)
