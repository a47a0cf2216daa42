"""Tokens that count, and every way in which one does not."""

import asyncio
import base64
import hmac
import json
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from runtime.identity import Caller, Issuer, JwksUnavailable, NotAuthenticated, Verifier
from runtime.jwks import JwksKeys
from runtime.kept import kept
from runtime.settings import Settings

pytestmark = pytest.mark.unit

EDDSA = ed25519.Ed25519PrivateKey.generate()
EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
SHORT_RSA = rsa.generate_private_key(65537, 1024)
ALGORITHMS: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


def at(home: Path, jwks_url: str | None = None) -> Settings:
    return Settings(home=home, jwks_url=jwks_url, issuer="reel-test", audience="reel")


def claims(**changes: Any) -> dict[str, Any]:
    """Claims in order, but for `changes`; None takes one out."""
    now = datetime.now(UTC)
    whole = {
        "sub": "person-1",
        "iss": "reel-test",
        "aud": "reel",
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def in_minutes(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def forged_hs256(key: Any, kid: str | None = None) -> str:
    """A token whose HMAC secret is a public key; PyJWT itself refuses to make one."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stamps = {name: int(claims()[name].timestamp()) for name in ("iat", "exp")}
    parts = [{"alg": "HS256"} | ({"kid": kid} if kid else {}), claims() | stamps]
    text = ".".join(b64(json.dumps(part).encode()) for part in parts)
    return f"{text}.{b64(hmac.digest(pem, text.encode(), 'sha256'))}"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def key(home: Path) -> Any:
    Issuer(at(home))
    return load_pem_private_key((home / "identity" / "signing.pem").read_bytes(), None)


async def test_own_token_tells_who_is_calling(home: Path) -> None:
    issuer = Issuer(at(home))
    caller = await Verifier.from_settings(at(home)).verify(issuer.token("Ann Lee"))
    assert caller.person == issuer.person("Ann Lee")
    assert abs(caller.expires - in_minutes(12 * 60)) < timedelta(seconds=5)


def test_a_person_is_opaque_and_the_same_however_the_name_is_written(
    home: Path, tmp_path: Path
) -> None:
    issuer = Issuer(at(home))
    spellings = {"Zoë Müller", "  zoë müller\n", "ZOË MÜLLER", "Zoe\u0308 Mu\u0308ller"}
    (person,) = {issuer.person(name) for name in spellings}
    assert person.startswith("person-") and "zo" not in person
    assert person != issuer.person("Zoe Muller")
    assert person != Issuer(at(tmp_path)).person("Zoë Müller")
    with pytest.raises(ValueError, match="name"):
        issuer.person("  ")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": in_minutes(-1)}, "expired"),
    "issued tomorrow": ({"iat": in_minutes(1440)}, "not valid yet"),
    "not before tomorrow": ({"nbf": in_minutes(1440)}, "not valid yet"),
    "another issuer": ({"iss": "somebody"}, "another issuer"),
    "another audience": ({"aud": "billing"}, "aud reel"),
    "no audience": ({"aud": None}, "has no aud"),
    "no exp": ({"exp": None}, "has no exp"),
    "no iat": ({"iat": None}, "has no iat"),
    "no sub": ({"sub": None}, "has no sub"),
    "no iss": ({"iss": None}, "has no iss"),
    "exp beyond time": ({"exp": 10**15}, "malformed"),
    "exp is no number": ({"exp": "soon"}, "malformed"),
    "sub is a sentence": ({"sub": "Ann Lee"}, "sub is no person"),
    "sub is empty": ({"sub": ""}, "sub is no person"),
    "sub ends in a line break": ({"sub": "person-1\n"}, "sub is no person"),
    "sub is too long": ({"sub": "p" * 201}, "sub is no person"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_claims_that_do_not_count(home: Path, key: Any, case: str) -> None:
    changes, sentence = REFUSED[case]
    token = jwt.encode(claims(**changes), key, "EdDSA")
    with pytest.raises(NotAuthenticated, match=sentence):
        await Verifier.from_settings(at(home)).verify(token)


async def test_clocks_may_differ_by_half_a_minute(home: Path, key: Any) -> None:
    token = jwt.encode(claims(exp=in_minutes(-0.4), iat=in_minutes(0.4)), key, "EdDSA")
    assert (await Verifier.from_settings(at(home)).verify(token)).person == "person-1"


async def test_signatures_that_do_not_count(home: Path, key: Any, tmp_path: Path) -> None:
    verifier = Verifier.from_settings(at(home))
    head, body, signature = jwt.encode(claims(), key, "EdDSA").split(".")
    other_body = b64(base64.urlsafe_b64decode(body + "==").replace(b"person-1", b"person-2"))
    for token, sentence in {
        jwt.encode(claims(), "", "none"): "signed in a way",
        forged_hs256(key): "signed in a way",
        jwt.encode(claims(), RSA, "RS256"): "signed in a way",
        jwt.encode(claims(), EDDSA, "EdDSA"): "not signed by a key",
        Issuer(at(tmp_path)).token("Ann Lee"): "not signed by a key",
        f"{head}.{other_body}.{signature}": "not signed by a key",
        f"{head}.{body}.": "not signed by a key",
        f"{head}.{body}": "malformed",
    }.items():
        with pytest.raises(NotAuthenticated, match=sentence):
            await verifier.verify(token)


BASE64 = st.text("AIZaciz019-_", max_size=12)
TOKENS = st.text() | st.tuples(BASE64, BASE64, BASE64).map(".".join)


@given(token=TOKENS)
@hypothesis_settings(deadline=None, max_examples=100)
async def test_no_text_breaks_the_verifier(token: str) -> None:
    verifier = Verifier("reel-test", "reel", EDDSA.public_key())
    with pytest.raises(NotAuthenticated):
        await verifier.verify(token)


def test_a_kept_secret_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "identity" / "it.secret"
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda n: kept(path, lambda: b"%d" % n), range(64)))
    assert len(set(made)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


class Provider(ThreadingHTTPServer):
    """An identity provider on this machine: its keys are set by the test."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Keys)
        self.body = b""
        self.status = 200
        self.asked = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}/keys"

    def gives(self, **keys: Any) -> None:
        """Serves these public keys, by kid."""
        self.body = json.dumps({"keys": [as_jwk(kid, key) for kid, key in keys.items()]}).encode()


class _Keys(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: Any) -> None:
        pass


def as_jwk(kid: str, key: Any) -> dict[str, Any]:
    if isinstance(key, dict):
        return {"kid": kid} | key
    jwk: dict[str, Any] = ALGORITHMS[algorithm_of(key)].to_jwk(key.public_key(), as_dict=True)
    return {"kid": kid} | jwk


def algorithm_of(key: Any) -> str:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "EdDSA"
    return "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"


def signed(kid: str | None, key: Any) -> str:
    return jwt.encode(claims(), key, algorithm_of(key), {"kid": kid} if kid else None)


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    Thread(target=server.serve_forever, args=(0.01,)).start()
    yield server
    server.shutdown()
    server.server_close()


def trusting(provider: Provider, cooldown: float = 0) -> Verifier:
    return Verifier("reel-test", "reel", JwksKeys(provider.url, cooldown))


async def test_keys_of_a_provider_are_fetched_once(provider: Provider, tmp_path: Path) -> None:
    provider.gives(one=RSA, two=EC, three=EDDSA)
    verifier = Verifier.from_settings(at(tmp_path, provider.url))
    tokens = [signed("one", RSA), signed("two", EC), signed("three", EDDSA)] * 5
    callers: list[Caller] = await asyncio.gather(*map(verifier.verify, tokens))
    assert {caller.person for caller in callers} == {"person-1"}
    assert provider.asked == 1
    with pytest.raises(LookupError, match=provider.url):
        Issuer(at(tmp_path, provider.url))
    assert not os.listdir(tmp_path)


async def test_a_rotated_key_counts_and_the_one_before_no_longer(provider: Provider) -> None:
    provider.gives(old=RSA)
    verifier = trusting(provider)
    await verifier.verify(signed("old", RSA))
    provider.gives(new=EC)
    await verifier.verify(signed("new", EC))
    with pytest.raises(NotAuthenticated, match="no key of the identity provider"):
        await verifier.verify(signed("old", RSA))


async def test_a_provider_s_keys_cannot_be_turned_around(provider: Provider, home: Path) -> None:
    secret = {"kty": "oct", "k": b64(b"s" * 32)}
    provider.gives(rsa=RSA, ec=EC, short=SHORT_RSA, shared=secret)
    verifier = trusting(provider, 60)
    for token, sentence in {
        forged_hs256(RSA, "rsa"): "signed in a way",
        jwt.encode(claims(), b"s" * 32, "HS256", {"kid": "shared"}): "signed in a way",
        jwt.encode(claims(), "", "none", {"kid": "rsa"}): "signed in a way",
        jwt.encode(claims(), RSA, "RS512", {"kid": "rsa"}): "signed in a way",
        jwt.encode(claims(), EC, "ES256", {"kid": "rsa"}): "signed in a way",
        signed("ec", ec.generate_private_key(ec.SECP256R1())): "not signed by a key",
        signed("unheard", RSA): "no key of the identity provider",
        signed(None, RSA): "no key of the identity provider",
        Issuer(at(home)).token("Ann Lee"): "no key of the identity provider",
    }.items():
        with pytest.raises(NotAuthenticated, match=sentence):
            await verifier.verify(token)
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        weak = signed("short", SHORT_RSA)
    with pytest.raises(NotAuthenticated, match="not signed by a key"):
        await verifier.verify(weak)
    assert provider.asked == 1


async def test_without_a_provider_nobody_is_refused_for_good(provider: Provider) -> None:
    provider.gives(one=EDDSA)
    verifier = trusting(provider, 60)
    provider.status = 500
    calls = [verifier.verify(signed("one", EDDSA)) for _ in range(20)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(answer) for answer in answers} == {JwksUnavailable}
    assert provider.asked == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"keys": []}', b'{"keys": [{}]}', b"\xff"])
async def test_a_provider_that_talks_nonsense_is_unavailable(
    provider: Provider, body: bytes
) -> None:
    provider.body = body
    with pytest.raises(JwksUnavailable, match=provider.url):
        await trusting(provider).verify(signed("one", EDDSA))


async def test_known_keys_outlive_a_provider_s_bad_minute(provider: Provider) -> None:
    provider.gives(one=EDDSA)
    verifier = trusting(provider)
    await verifier.verify(signed("one", EDDSA))
    provider.status = 503
    await verifier.verify(signed("one", EDDSA))
    with pytest.raises(JwksUnavailable):
        await verifier.verify(signed("two", EDDSA))
