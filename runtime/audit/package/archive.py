"""The archive: a manifest of every file, its signature, and a container whose every byte follows
from them."""

import io
import os
import secrets
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runtime.audit.package import verifier
from runtime.audit.package.written import json_of
from runtime.audit.signing import key_id, public_pem

BEGINNING_OF_ZIP = (1980, 1, 1, 0, 0, 0)
ARCHIVE_BYTES_MAX = 2**31
"""Far below what a ZIP can hold without the extension for large ones."""


class TooLargeToHandOut(ValueError):
    """The package would not fit a plain ZIP."""


class BadPackage(RuntimeError):
    """What was written does not verify: a bug, and nothing is handed out."""


def sealed(
    files: Mapping[str, bytes], about: Mapping[str, Any], key: Ed25519PrivateKey
) -> dict[str, bytes]:
    """The files with verifier, public key, manifest and signature beside them."""
    whole = dict(files)
    whole["verify.py"] = Path(verifier.__file__).read_bytes()
    whole[verifier.KEY] = public_pem(key.public_key()).encode()
    manifest = json_of(
        {
            "layout": 1,
            **about,
            "key": key_id(key.public_key()),
            "files": [
                {"path": path, "bytes": len(body), "sha256": sha256(body).hexdigest()}
                for path, body in sorted(whole.items())
            ],
        }
    )
    return whole | {verifier.MANIFEST: manifest, verifier.SIGNATURE: key.sign(manifest)}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The same files always as the same bytes: in order, nothing compressed, no times.

    Raises:
        TooLargeToHandOut: they are over 2 GiB.
    """
    if (total := sum(map(len, files.values()))) > ARCHIVE_BYTES_MAX:
        raise TooLargeToHandOut(f"the package weighs {total:,} bytes; 2 GiB is the most")
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as container:
        for name, body in sorted(files.items()):
            info = zipfile.ZipInfo(name, BEGINNING_OF_ZIP)
            info.create_system = 3
            info.external_attr = verifier.MODE
            container.writestr(info, body)
    return whole.getvalue()


def put(archive: bytes, path: Path, *, replace: bool) -> None:
    """Writes the archive all or nothing, once it has verified.

    Raises:
        BadPackage: it does not verify.
        FileExistsError: something is there already, and is not to be replaced.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("xb") as file:
            file.write(archive)
            file.flush()
            os.fsync(file.fileno())
        report = verifier.checked(str(draft))
        if not report.holds:
            raise BadPackage(f"what was written does not verify: {report.faults[0]}")
        if not replace and _linked(draft, path):
            return
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _linked(draft: Path, path: Path) -> bool:
    """Gives the draft its name if nothing has it; False on a disk that knows no links."""
    try:
        os.link(draft, path)
    except OSError:
        if path.exists():
            raise FileExistsError(f"{path} is there already") from None
        return False
    return True
