"""One command on its way, with what the edge knows of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from events.approval import Role
from events.names import id_of
from runtime.decider import Command

HOPS_MAX = 12
"""How many reactions may follow from one another before a policy is refused."""
KEY_CHARACTERS_MAX = 200
"""How long an Idempotency-Key may be."""


def command_id_of(*words: str) -> str:
    """The id of a command, from what makes it the same command when it comes again."""
    return id_of("command", *words)


class Cause(Protocol):
    """The fact that a command answers, as far as its effects must know it: a `Recorded` is one."""

    @property
    def id(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def correlation(self) -> str: ...
    @property
    def recorded_at_us(self) -> int: ...
    @property
    def hops(self) -> int: ...


@dataclass(frozen=True)
class Order:
    """One command with what the edge knows of it.

    `caused_by` is the fact that a policy answers, or that set a timer. `not_before` is a moment
    that the database's clock has passed, as a timer's due time: the command's own time is no
    earlier, though this process may carry that clock on a little behind.
    """

    production: str
    command: Command
    command_id: str
    actor: str
    principal: str
    roles: frozenset[Role] = frozenset()
    known: Any = None
    correlation: str | None = None
    caused_by: Cause | None = None
    not_before: datetime | None = None
