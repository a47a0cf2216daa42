"""What a backup holds, of which moment, and that it is what was written."""

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from runtime.snapshots.sealed_state import ForgedState, StateSeal

MANIFEST = "manifest.json"
_READ_BYTES = 1024 * 1024


class BadBackup(ValueError):
    """The folder is no whole and unchanged backup; the text says what is wrong, and the cure."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Head(_Part):
    """How far a log was; `hash` is that of its last event, empty without one."""

    incarnation: str
    position: int
    hash: str


class Dump(_Part):
    """One file. `moment` is the snapshot that it was dumped from: files of one moment fit together
    to the event."""

    file: str
    schemas: tuple[str, ...]
    moment: int
    taken_at_us: int
    server: str
    sha256: str
    size_bytes: int


class Manifest(_Part):
    """The whole backup. The vault is told apart, since it may be kept elsewhere."""

    format: Literal[1] = 1
    reel: str
    taken_at: str
    dumps: tuple[Dump, ...]
    vault: Dump
    heads: dict[str, Head]
    kept_files: dict[str, str] = {}
    """Files beside the dumps, with their SHA-256."""

    @property
    def moments(self) -> int:
        """How many moments its logs are of."""
        return len({dump.moment for dump in self.dumps if set(dump.schemas) & set(self.heads)})


def seal_of(master: bytes) -> StateSeal:
    """What a manifest is sealed with: a dump is SQL that a restore will run."""
    return StateSeal(master, "backup")


def write(folder: Path, manifest: Manifest, seal: StateSeal) -> None:
    """Writes the manifest behind its seal."""
    text = manifest.model_dump_json(indent=2).encode()
    tag = seal.seal([MANIFEST], text)[:32].hex()
    (folder / MANIFEST).write_bytes(text + f"\n// seal {tag}\n".encode())


def read(folder: Path, seal: StateSeal | None) -> Manifest:
    """The manifest of a backup; without a `seal` it is taken on trust.

    Raises:
        BadBackup: there is none, or it was changed.
    """
    try:
        told = (folder / MANIFEST).read_bytes()
    except OSError:
        raise BadBackup(
            f"{folder} has no {MANIFEST}: it is no backup, or one that did not come to its end; "
            "take another one"
        ) from None
    text, _, tag = told.rstrip().rpartition(b"\n// seal ")
    try:
        if seal is not None:
            seal.open([MANIFEST], bytes.fromhex(tag.decode()) + text)
        return Manifest.model_validate_json(text)
    except ForgedState:
        raise BadBackup(
            f"{folder / MANIFEST} was not sealed under this installation's master key, or was "
            "changed since: set REEL_MASTER_KEY to the key that it was made with, or take another "
            "backup. A dump is SQL that a restore runs; if you know where this one comes from, "
            "--trust takes it as it is"
        ) from None
    except (ValidationError, ValueError) as error:
        raise BadBackup(
            f"{folder / MANIFEST} cannot be read, take another backup: {error}"
        ) from None


def check_files(
    folder: Path, manifest: Manifest, files: set[str], progress: Callable[[str], None]
) -> None:
    """Makes sure that those files are there, whole and unchanged.

    Raises:
        BadBackup: names the first one that is not.
    """
    expected = {dump.file: dump.sha256 for dump in (*manifest.dumps, manifest.vault)}
    expected |= manifest.kept_files
    for name in sorted(files):
        path = folder / name
        progress(f"Checking {name}")
        if not path.is_file():
            raise BadBackup(f"{path} is missing: take it from where the backup was made")
        if not hmac.compare_digest(digest_of(path), expected[name]):
            raise BadBackup(
                f"{path} is not what the backup wrote: it was changed or cut off; take it again "
                "from where the backup was made, or take another backup"
            )


def digest_of(path: Path) -> str:
    """SHA-256 of a file, as hex digits."""
    told = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            told.update(piece)
    return told.hexdigest()
