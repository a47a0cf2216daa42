"""The installation's key for heads, and whether a line was signed by one that is known."""

from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from runtime.audit.heads import Statement
from runtime.audit.lines import SignedHeads
from runtime.people.kept import kept
from runtime.settings import Settings


class ForgedHeads(ValueError):
    """A line whose signature does not count; says why."""


def signing_key(settings: Settings, *, make: bool = True) -> Ed25519PrivateKey:
    """The key that signs heads: from `REEL_SIGNING_KEY`, else made once and kept in the home.

    Raises:
        ValueError: it is no Ed25519 key in PEM.
        LookupError: there is none, and none is to be made.
    """
    if settings.signing_key is not None:
        text, place = settings.signing_key.get_secret_value().encode(), "REEL_SIGNING_KEY"
    else:
        path = settings.home / "audit" / "signing.pem"
        if not make and not path.exists():
            raise LookupError(f"there is no {path}: name the public key with --public-key")
        text, place = kept(path, _new_key), str(path)
    try:
        key = load_pem_private_key(text, password=None)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place} {_NO_KEY}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{place} {_NO_KEY}")
    return key


_NO_KEY = "is no private Ed25519 key in PEM; `openssl genpkey -algorithm ed25519` makes one"


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def public_pem(key: Ed25519PublicKey) -> str:
    """What is handed to outsiders."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_key(pem: bytes) -> Ed25519PublicKey:
    """The key in `pem`.

    Raises:
        ValueError: it is no public Ed25519 key.
    """
    try:
        key = load_pem_public_key(pem)
    except (TypeError, ValueError) as error:
        raise ValueError("this is no public key in PEM: `reel audit key` prints one") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("this is no Ed25519 key: `reel audit key` prints the one that counts")
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of sha256 over the raw public key."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def sign(statement: Statement, key: Ed25519PrivateKey) -> SignedHeads:
    """The statement with its signature; its `key` has to be this one's id."""
    encoded = statement.encoded()
    return SignedHeads(encoded, key.sign(encoded))


def check_signature(signed: SignedHeads, key: Ed25519PublicKey) -> Statement:
    """What is stated, if `key` signed it.

    Raises:
        ForgedHeads: another key is named, or the signature is not of these bytes.
        MalformedStatement: what was signed is no statement.
    """
    statement = signed.statement
    if statement.key != key_id(key):
        raise ForgedHeads(f"signed by the key {statement.key}, not by {key_id(key)}")
    try:
        key.verify(signed.signature, signed.encoded)
    except InvalidSignature:
        raise ForgedHeads(f"the signature is not of the key {statement.key}") from None
    return statement
