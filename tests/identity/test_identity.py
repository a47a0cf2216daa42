"""Tokens of our own that count, and every way in which one does not."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.people.identity import Issuer, NotAuthenticated, Verifier
from runtime.people.kept import kept
from tests.identity.forging import EDDSA, RSA, at, b64, claims, forged_hs256, in_minutes

pytestmark = pytest.mark.unit


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


async def test_a_token_that_counted_is_not_looked_at_again_until_it_has_expired(
    home: Path, key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = Verifier.from_settings(at(home))
    lasting = jwt.encode(claims(), key, "EdDSA")
    expired = jwt.encode(claims(exp=in_minutes(-0.4)), key, "EdDSA")
    known = await verifier.verify(lasting)
    await verifier.verify(expired)
    monkeypatch.setattr(jwt, "decode", lambda *_, **__: pytest.fail("it was looked at"))
    assert await verifier.verify(lasting) == known
    with pytest.raises(pytest.fail.Exception, match="looked at"):
        await verifier.verify(expired)
    with pytest.raises(pytest.fail.Exception, match="looked at"):
        await verifier.verify(lasting + "A")


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
@settings(deadline=None, max_examples=100)
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
