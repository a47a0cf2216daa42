"""Recorded events as HTTP shows them."""

from typing import Any

import orjson
from pydantic import BaseModel, Field

from events.envelope import Recorded
from events.names import Id

NAMED = "the actor's on the production's team; null for those who have none, as policies"


class Fact(BaseModel):
    """One recorded event."""

    id: Id
    type: str = Field(examples=["budget.BudgetLocked"])
    stream: str
    version: int = Field(description="its number in the stream, from 1")
    position: int = Field(description="its number in the log, from 1")
    recorded_at: str
    effective_at: str
    actor: str
    data: dict[str, Any]


class Accepted(BaseModel):
    """The events that a command recorded, none when there was nothing to do, and a token for
    reading your own write (`?after=<token>`)."""

    events: list[Fact]
    token: str | None


class TrailEntry(Fact):
    """One event with everything its hash covers, so that a reader can check the chain himself."""

    log: str
    actor_name: str | None = Field(description=NAMED)
    production: Id
    partition: int
    previous: int
    ordinal: int
    schema_version: int
    payload: str = Field(description="the exact stored text; personal fields are sealed in it")
    recorded_at_us: int
    effective_at_us: int
    command_id: Id
    correlation: str
    causation: Id | None
    hops: int
    hash: str


class Trail(BaseModel):
    """A page of one production's history in one log, oldest first."""

    events: list[TrailEntry]
    next: int | None = Field(description="give it back as `after` for the next page")


def fact(recorded: Recorded) -> dict[str, Any]:
    """As `Fact`; personal fields are still sealed."""
    return {
        "id": recorded.id,
        "type": recorded.type,
        "stream": recorded.stream,
        "version": recorded.version,
        "position": recorded.position,
        "recorded_at": recorded.recorded_at.isoformat(),
        "effective_at": recorded.effective_at.isoformat(),
        "actor": recorded.actor,
        "data": orjson.loads(recorded.payload),
    }
