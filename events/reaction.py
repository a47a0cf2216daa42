"""What a room records when it could not do what another room's fact asked of it."""

from events.event import Event
from events.names import Id, Text


class ReactionRefused(Event):
    """A policy's command was refused; the cause, the command and the reason stay readable."""

    cause: Id
    command: str
    target: str
    code: str
    reason: Text
