"""After a restore the logs are others than those that were anchored: signed for, by who has the
key."""

import asyncio
from dataclasses import dataclass

import asyncpg

from runtime import rooms
from runtime.audit.anchoring import AnchoringElsewhere, anchor
from runtime.audit.before import AnchorRefused
from runtime.audit.signing import signing_key
from runtime.settings import Settings


@dataclass(frozen=True)
class Signed:
    """The line that was signed, if one was, and what there is to say of it."""

    line: str | None
    told: str


def signed_for(settings: Settings) -> Signed:
    """Anchors the logs as restored, where the signing key is at hand and they were anchored before;
    else says what is left to do."""
    if settings.signing_key is None and not (settings.home / "audit" / "signing.pem").exists():
        return Signed(
            None,
            "Nothing is signed for yet, since the signing key is not here: where it is, run `reel "
            "audit anchor --restored`. Nothing is anchored before, if these logs ever were.",
        )
    try:
        signing_key(settings, make=False)
        made = asyncio.run(anchor(settings, list(rooms.services()), restored=True))
    except (AnchorRefused, AnchoringElsewhere, LookupError, ValueError) as error:
        return Signed(None, _not_signed(str(error)))
    except (OSError, asyncpg.PostgresError) as error:
        return Signed(None, _not_signed(str(error) or repr(error)))
    assert made is not None
    missed = "".join(f" Not yet stored in {place}." for place in made.missed)
    return Signed(
        made.line,
        f"Signed for as restored, by the key {made.statement.key}, in {made.stored[0]}.{missed}",
    )


def _not_signed(why: str) -> str:
    return f"Not signed for: {why}. Once that is mended: `reel audit anchor --restored`"
