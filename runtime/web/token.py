"""The token that lets a caller read his own write: where in a log his command stands."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"^([a-z][a-z0-9_]*):([0-9a-f-]{36}):(\d{1,5}):(\d{1,18})$")


class BadToken(ValueError):
    """The text is no token."""


@dataclass(frozen=True)
class Token:
    """`log:incarnation:partition:position`."""

    log: str
    incarnation: str
    partition: int
    position: int

    def __str__(self) -> str:
        return f"{self.log}:{self.incarnation}:{self.partition}:{self.position}"

    @classmethod
    def parse(cls, text: str) -> "Token":
        """Reads what a command answered as `token`; raises `BadToken`."""
        match = _TOKEN.match(text)
        if match is None:
            raise BadToken(
                f"{text!r} is no token: give back what a command answered as `token`, "
                "`log:incarnation:partition:position`"
            )
        return cls(match[1], match[2], int(match[3]), int(match[4]))
