"""Tokens of an identity provider, whose keys come, change and fail to come."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from runtime.people.identity import Caller, Issuer, JwksUnavailable, NotAuthenticated, Verifier
from runtime.people.jwks import JwksKeys
from tests.identity.forging import (
    EC,
    EDDSA,
    RSA,
    SHORT_RSA,
    Provider,
    at,
    b64,
    claims,
    forged_hs256,
    signed,
)

pytestmark = pytest.mark.unit


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


async def test_a_provider_s_keys_cannot_be_turned_around(
    provider: Provider, tmp_path: Path
) -> None:
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
        Issuer(at(tmp_path)).token("Ann Lee"): "no key of the identity provider",
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
