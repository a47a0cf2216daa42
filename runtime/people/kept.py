"""Secrets of this installation that are made once and kept in files."""

import base64
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runtime.settings import Settings


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The secret in `path`, readable by its owner alone; made if there is none.

    Of several processes that start at once, one makes it and all read the same.
    """
    with suppress(FileNotFoundError):
        return path.read_bytes()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return path.read_bytes()


def master_key(settings: Settings) -> bytes:
    """The 32 bytes that wrap the persons' keys: from `REEL_MASTER_KEY`, else kept in the home.

    Raises:
        ValueError: it is not base64 of 32 bytes.
    """
    if settings.master_key is not None:
        text, place = settings.master_key.get_secret_value(), "REEL_MASTER_KEY"
    else:
        path = settings.home / "identity" / "master.key"
        text = kept(path, lambda: base64.b64encode(os.urandom(32)) + b"\n").decode()
        place = str(path)
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError(f"{place} is not base64 of 32 bytes; `openssl rand -base64 32` makes one")
    return key
