"""Tokens good and forged, and an identity provider to check them with."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from runtime.settings import Settings

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
