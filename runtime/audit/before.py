"""What was anchored before: the file's lines and the topic's, as far as the keys that count have
signed them; and whether the present key may sign what follows."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from events.envelope import moment_of
from runtime.audit.heads import MalformedStatement, Statement
from runtime.audit.kept_lines import lines_of
from runtime.audit.keys import Keys
from runtime.audit.lines import SignedHeads
from runtime.audit.signing import ForgedHeads, key_id
from runtime.kafka import anchors as topic
from runtime.settings import Settings


class AnchorRefused(Exception):
    """A log is not what its last anchor says, or the key is not to sign any more: nothing is
    signed, and the sentence says why."""


class GivenUp(AnchorRefused):
    """The installation's key was given up, for the key `new` (raw, in hex)."""

    def __init__(self, end: Statement) -> None:
        assert end.handover is not None
        self.new = end.handover.new
        super().__init__(
            f"the key {end.key} was given up on {moment_of(end.at_us):%F %T} UTC and signs no "
            "more: `reel audit key rotate` puts the new one in its place, if it was stopped before "
            "it could; else set REEL_SIGNING_KEY to the new one"
        )


@dataclass(frozen=True)
class Before:
    """What was anchored before, as far as `keys` have signed it: the file's lines, the newest
    statement of file and topic, and the last line on the topic."""

    keys: Keys
    lines: list[str]
    last: Statement | None
    sent: str | None


def keys_before(key: Ed25519PublicKey, lines: Sequence[str]) -> Keys:
    """The key that signs, and those before it that gave up for it.

    Raises:
        GivenUp: it is not to sign any more.
    """
    for end in Keys.following([key], lines).given_up(key_id(key)):
        raise GivenUp(end)
    return Keys.following([key], lines, onward=False)


async def before_now(settings: Settings, key: Ed25519PublicKey) -> Before:
    """What file and topic have, as far as `key` or those before it have signed it.

    Raises:
        GivenUp: `key` is not to sign any more.
        LookupError: there is no file, and the topic cannot be read: what is signed now would begin
            a line anew.
    """
    lines = lines_of(settings.anchors_file)
    sent = None
    try:
        on_topic = await topic.read(settings, last_only=True)
        sent = on_topic[-1] if on_topic else None
    except (LookupError, *topic.AWAY) as error:
        if not settings.anchors_file.exists():
            raise LookupError(
                f"{settings.anchors_file} is not there and the topic cannot be read "
                f"({error or type(error).__name__}), so what the last anchor was is not known: "
                "name the file with REEL_ANCHORS, or make an empty one if there never was any"
            ) from error
    keys = keys_before(key, [*lines, sent or ""])
    stated = (one for line in reversed(lines) if (one := stated_in(keys, line)))
    found = [one for one in (next(stated, None), stated_in(keys, sent or "")) if one]
    return Before(keys, lines, max(found, key=lambda one: one.at_us, default=None), sent)


def stated_in(keys: Keys, line: str) -> Statement | None:
    """What a line states, if a key has signed it that counts."""
    try:
        return keys.checked(SignedHeads.of_line(line))
    except (MalformedStatement, ForgedHeads):
        return None
