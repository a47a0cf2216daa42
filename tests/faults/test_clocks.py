"""Processes whose clocks are three days ahead or behind: the database's clock counts."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.faults.parts import Part
from tests.faults.probing import rows
from tests.faults.run import Run, thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration, thorough]

DAYS = 3


async def test_clocks_three_days_apart(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every role once ahead and once behind, at the same time; then as of a moment, as ever."""
    monkeypatch.setattr(world, "token_of", lambda person: _lasting_token(world, person))
    async with under_load(world, "clocks") as run:
        for days in (
            {"serve": DAYS, "relay": -DAYS, "project": DAYS},
            {"serve": -DAYS, "relay": DAYS, "project": -DAYS},
        ):
            for role, by in days.items():
                fault = run.fault(f"clock of {role} {by:+} days")
                began = time.monotonic()
                part = await world.replace(
                    role,
                    REEL_TEST_PRELUDE="tests.faults.shifted_clock",
                    REEL_TEST_CLOCK_DAYS=str(by),
                )
                fault.hits = int(_is_off(part, by))
                run.recovers(fault, began)
            await run.recovered()
            await run.load.until(30)
            _as_of_is_told(run)
        _recorded_now(world)
        for role in ("serve", "relay", "project"):
            await world.replace(role)


def _lasting_token(world: World, person: str) -> str:
    """A token that clocks of both kinds take: it says for itself from when until when it counts."""
    key = load_pem_private_key((world.folder / "identity" / "signing.pem").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    now, far = datetime.now(UTC), timedelta(days=DAYS + 1)
    claims = {"sub": world.person(person), "iss": "reel-embedded", "aud": "reel"}
    return jwt.encode(claims | {"iat": now - far, "exp": now + far}, key, algorithm="EdDSA")


def _is_off(part: Part, days: int) -> bool:
    """Whether the process says what time it is, and that is so many days from now."""
    answer = httpx.get(f"{part.url}/livez", timeout=30)
    said = datetime.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
    off = said - datetime.now(UTC)
    return abs(off - timedelta(days=days)) < timedelta(hours=1)


def _as_of_is_told(run: Run) -> None:
    """A moment that was, by the database's clock, is no moment of the future to anybody."""
    world, film = run.world, run.load.films[0]
    ((moment,),) = rows(world, "SELECT clock_timestamp()")
    (url,) = world.urls("project")
    answer = httpx.get(
        f"{url}/v1/productions/{film.production}/budget-status",
        params={"by": "account", "as_of": moment.isoformat()},
        headers={"Authorization": f"Bearer {world.token_of(film.people('accountant'))}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text


def _recorded_now(world: World) -> None:
    """Nothing was recorded at any other time than the database's own."""
    for log in ("approval", "budget"):
        ((off,),) = rows(
            world,
            f"""SELECT max(abs(recorded_at - (extract(epoch FROM clock_timestamp()) * 1000000)))
                FROM {log}.event""",
        )
        assert off < timedelta(hours=12) / timedelta(microseconds=1)
