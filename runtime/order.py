"""One command on its way, with what the edge knows of it."""

from dataclasses import dataclass
from typing import Any

from events.approval import Role
from events.envelope import Recorded
from events.names import id_of
from runtime.decider import Command

HOPS_MAX = 12
"""How many reactions may follow from one another before a policy is refused."""


def command_id_of(*words: str) -> str:
    """The id of a command, from what makes it the same command when it comes again."""
    return id_of("command", *words)


@dataclass(frozen=True)
class Order:
    """One command with what the edge knows of it. `caused_by` is the fact that a policy answers."""

    production: str
    command: Command
    command_id: str
    actor: str
    principal: str
    roles: frozenset[Role] = frozenset()
    known: Any = None
    correlation: str | None = None
    caused_by: Recorded | None = None
