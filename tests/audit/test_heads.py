"""Statements about heads: their bytes, their line, and what does not pass for one."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from runtime.audit.heads import ChainEnd, Head, MalformedStatement, Statement
from runtime.audit.lines import SignedHeads
from runtime.audit.merkle import leaf, node
from runtime.audit.signing import (
    ForgedHeads,
    check_signature,
    key_id,
    public_key,
    public_pem,
    sign,
    signing_key,
)
from runtime.settings import Settings

pytestmark = pytest.mark.unit

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
A = "00000000-0000-4000-8000-00000000000a"
B = "00000000-0000-4000-8000-00000000000b"
INCARNATION = "10000000-0000-4000-8000-000000000001"
BUDGET = Head.of(
    "budget",
    INCARNATION,
    1_767_225_600_000_000,
    [ChainEnd(B, 7, b"b" * 32), ChainEnd(A, 9, b"a" * 32)],
)
APPROVAL = Head.of("approval", INCARNATION, 0, [])
STATEMENT = Statement(1_767_225_600_000_001, key_id(KEY.public_key()), (APPROVAL, BUDGET), None)
GOLDEN = (
    '{"at_us":1767225600000001,"heads":[{"incarnation":"10000000-0000-4000-8000-000000000001",'
    '"log":"approval","position":0,"productions":0,"recorded_at_us":0,"root":'
    '"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},{"incarnation":'
    '"10000000-0000-4000-8000-000000000001","log":"budget","position":9,"productions":2,'
    f'"recorded_at_us":1767225600000000,"root":"{BUDGET.root}"'
    '}],"key":"56475aa75463474c","layout":1,"previous":null}'
)


def test_a_head_is_the_root_over_productions_in_their_order() -> None:
    assert BUDGET.root == node(leaf(A, 9, b"a" * 32), leaf(B, 7, b"b" * 32)).hex()
    assert (BUDGET.position, BUDGET.productions) == (9, 2)
    assert (APPROVAL.position, APPROVAL.productions) == (0, 0)


def test_the_bytes_of_a_statement_are_canonical_json() -> None:
    assert STATEMENT.encoded().decode() == GOLDEN
    assert Statement.decode(STATEMENT.encoded()) == STATEMENT


def test_a_line_says_the_statement_and_who_signed_it() -> None:
    signed = SignedHeads.of_line(f" {sign(STATEMENT, KEY).line}\n")
    assert check_signature(signed, KEY.public_key()) == STATEMENT
    assert signed == sign(STATEMENT, KEY)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"layout": 2}, "layout 1"),
        ({"at_us": -1}, "no time"),
        ({"at_us": True}, "no time"),
        ({"at_us": 1.0}, "no time"),
        ({"key": "56475AA75463474C"}, "key's id"),
        ({"previous": "ab"}, "digest"),
        ({"heads": {}}, "canonical"),
        ({"heads": [7]}, "field"),
        ({"more": 1}, "canonical"),
    ],
)
def test_what_is_no_statement_is_refused(change: dict[str, object], why: str) -> None:
    fields = json.loads(GOLDEN) | change
    encoded = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(MalformedStatement, match=why):
        Statement.decode(encoded)


@pytest.mark.parametrize(
    "change",
    [
        {"position": True},
        {"position": 9.0},
        {"position": -1},
        {"productions": "2"},
        {"root": "e3"},
        {"log": "Budget"},
        {"incarnation": "1"},
    ],
)
def test_a_head_with_a_wrong_field_is_refused(change: dict[str, object]) -> None:
    fields = json.loads(GOLDEN)
    fields["heads"][1] |= change
    with pytest.raises(MalformedStatement, match="field"):
        Statement.decode(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())


def test_heads_stand_in_the_order_of_their_logs_once_each() -> None:
    for heads in ((BUDGET, APPROVAL), (BUDGET, BUDGET)):
        with pytest.raises(MalformedStatement, match="order of their logs"):
            Statement.decode(replace(STATEMENT, heads=heads).encoded())


def test_a_statement_has_one_spelling() -> None:
    with pytest.raises(MalformedStatement, match="canonical"):
        Statement.decode(GOLDEN.replace(",", ", ").encode())


def test_every_changed_character_of_a_line_is_refused() -> None:
    line = sign(STATEMENT, KEY).line
    for index, character in enumerate(line):
        other = "A" if character != "A" else "B"
        with pytest.raises((MalformedStatement, ForgedHeads)):
            changed = SignedHeads.of_line(line[:index] + other + line[index + 1 :])
            check_signature(changed, KEY.public_key())


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_signature_has_its_size(size: int) -> None:
    with pytest.raises(MalformedStatement, match="64 bytes"):
        SignedHeads.of_line(SignedHeads(STATEMENT.encoded(), bytes(size)).line)


def test_another_key_does_not_count() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(ForgedHeads, match="signed by the key"):
        check_signature(sign(STATEMENT, KEY), other.public_key())
    with pytest.raises(ForgedHeads, match="signature is not of"):
        check_signature(sign(STATEMENT, other), KEY.public_key())


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first = signing_key(settings).public_key()
    assert public_pem(signing_key(settings).public_key()) == public_pem(first)
    assert (tmp_path / "audit" / "signing.pem").stat().st_mode & 0o777 == 0o600
    assert key_id(public_key(public_pem(first).encode())) == key_id(first)


def test_a_key_that_is_none_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="REEL_SIGNING_KEY is no private Ed25519 key"):
        signing_key(Settings(home=tmp_path, signing_key=SecretStr("secret")))
    with pytest.raises(ValueError, match="reel audit key"):
        public_key(b"-----BEGIN PUBLIC KEY-----")
