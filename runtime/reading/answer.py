"""What every answer of a read model says of itself: of which moment it is, and how fresh."""

from typing import Any

from pydantic import BaseModel, Field

from events.envelope import moment_of
from runtime.log.contract import Heads
from runtime.reading.past import Cut


class Freshness(BaseModel):
    """How far an answer has come in one log, beside how far the log is: for the partition of its
    productions, or, as of a moment, over all."""

    log: str
    incarnation: str
    position: int = Field(description="the last position that is in this answer")
    head: int = Field(description="the last position that the log has for its productions")
    caught_up: bool
    head_at: str = Field(description="the log's time: nothing is recorded before it any more")


class MomentTold(BaseModel):
    """Of which moment an answer is that is not of the present."""

    as_of: str = Field(examples=["2026-03-01T18:00:00+00:00"])
    vector: str = Field(description="the same moment by positions: `as_of` takes it again")
    effective: str | None = Field(description="facts that take effect later are left out")


class Answer(BaseModel):
    """What every answer of a read model says of itself."""

    moment: MomentTold | None = Field(description="none: the answer is of the present")
    freshness: list[Freshness]


class LeftOut(BaseModel):
    """A production that is not in the answer, since a fact of it could not be folded."""

    production: str
    title: str | None
    log: str
    position: int = Field(description="the first fact that is not folded")
    type: str
    reason: str
    parked_at: str


def freshness_at(log: str, heads: Heads, position: int, head: int) -> Freshness:
    """An answer that has come to `position` of a log, whose end for it is `head`."""
    return Freshness(
        log=log,
        incarnation=heads.incarnation,
        position=position,
        head=head,
        caught_up=position >= head,
        head_at=moment_of(heads.time_us).isoformat(),
    )


def moment_told(cut: Cut) -> dict[str, Any]:
    """As `MomentTold`."""
    effective = None if cut.effective is None else cut.effective.isoformat()
    return {"as_of": cut.at.isoformat(), "vector": str(cut.moment), "effective": effective}
