"""The verifier's own Ed25519: RFC 8032's vectors, a library beside it, and what must be refused."""

import ast
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from runtime.audit.package import verifier
from runtime.audit.package.verifier import L, P, Unreadable, is_signed, key_of_pem
from tests.projections.histories import patiently

pytestmark = pytest.mark.unit

VECTORS = {
    "1, of nothing": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "2, of one byte": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "3, of two bytes": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
        "4dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c664"
        "31e0303dca179c138ac17ad9bef1177331a704",
    ),
}
KEYS = st.binary(min_size=32, max_size=32).map(Ed25519PrivateKey.from_private_bytes)


def raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def is_signed_by_the_library(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("key, message, signature", VECTORS.values(), ids=VECTORS)
def test_the_vectors_of_rfc_8032_hold(key: str, message: str, signature: str) -> None:
    signed = bytes.fromhex(signature)
    assert is_signed(bytes.fromhex(key), signed, bytes.fromhex(message))
    assert not is_signed(bytes.fromhex(key), signed, bytes.fromhex(message) + b"!")


@patiently
@given(KEYS, st.binary(max_size=200))
def test_what_the_library_signs_is_signed(key: Ed25519PrivateKey, message: bytes) -> None:
    assert is_signed(raw(key), key.sign(message), message)


@patiently
@given(KEYS, st.binary(max_size=60), st.integers(0, 32 + 64 - 1), st.integers(1, 255))
def test_both_say_the_same_of_a_changed_byte(
    key: Ed25519PrivateKey, message: bytes, at: int, by: int
) -> None:
    whole = bytearray(raw(key) + key.sign(message))
    whole[at] ^= by
    public, signature = bytes(whole[:32]), bytes(whole[32:])
    assert is_signed(public, signature, message) is False
    assert is_signed_by_the_library(public, signature, message) is False


def test_a_scalar_that_was_not_reduced_is_refused() -> None:
    """Another spelling of the same signature would be another file that verifies."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signature = key.sign(b"heads")
    scalar = int.from_bytes(signature[32:], "little")
    again = signature[:32] + (scalar + L).to_bytes(32, "little")
    assert is_signed(raw(key), signature, b"heads")
    assert not is_signed(raw(key), again, b"heads")


SMALL_ORDER = {
    "the neutral one": (1).to_bytes(32, "little"),
    "of order 2": (P - 1).to_bytes(32, "little"),
    "of order 4": bytes(32),
    "of order 8": bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
}


@pytest.mark.parametrize("key", SMALL_ORDER.values(), ids=SMALL_ORDER)
def test_a_key_of_small_order_signs_nothing(key: bytes) -> None:
    """Under such a key one signature is of every eighth message at least."""
    signature = (1).to_bytes(32, "little") + bytes(32)
    assert not any(is_signed(key, signature, bytes([n])) for n in range(64))


NO_POINTS = {
    "y is p": P.to_bytes(32, "little"),
    "y is p + 1, another spelling of 1": (P + 1).to_bytes(32, "little"),
    "not on the curve": (2).to_bytes(32, "little"),
    "x is 0 and negative": (1 | 1 << 255).to_bytes(32, "little"),
    "too short": bytes(31),
}


@pytest.mark.parametrize("encoded", NO_POINTS.values(), ids=NO_POINTS)
def test_what_is_no_point_is_refused(encoded: bytes) -> None:
    with pytest.raises(Unreadable):
        verifier.point_of(encoded)
    assert not is_signed(encoded, bytes(64), b"")


def test_a_key_is_read_from_pem_and_nothing_else() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert key_of_pem(pem) == raw(key)
    for wrong in (b"", pem[:-40], pem.replace(b"MCow", b"MCox"), pem.replace(b"PUBLIC", b"OTHER")):
        with pytest.raises(Unreadable):
            key_of_pem(wrong)


def test_the_verifier_is_one_file_for_python_3_9_without_packages() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text(), feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))
