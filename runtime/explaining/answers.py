"""What an explanation and a difference answer, as their callers see them."""

from typing import Any

from pydantic import BaseModel, Field

from events.names import Id
from runtime.reading.answer import Answer, MomentTold


class EffectTold(BaseModel):
    """What one fact made of one column of one row."""

    row: str = Field(examples=["account 2302"])
    column: str = Field(examples=["committed"])
    before: str | None
    after: str | None


class FactTold(BaseModel):
    """One fact behind a figure: who recorded it, when, why and because of what."""

    log: str
    position: int
    id: Id
    type: str = Field(examples=["budget.CostPosted"])
    recorded_at: str
    effective_at: str
    actor: str
    reason: str | None
    causation: Id | None
    correlation: str
    data: dict[str, Any] | None = Field(description="none: the log is not for the caller's roles")
    effects: list[EffectTold]


class FigureTold(BaseModel):
    """One figure: its formula over its terms, or the facts behind what it is read from."""

    name: str = Field(examples=["account/2302/efc"])
    label: str = Field(examples=["EFC of 2302 Set construction"])
    value: str | None
    unit: str
    formula: str | None = Field(examples=["total cost + ETC"])
    terms: list["FigureTold"]
    facts: list[FactTold]
    facts_before: int = Field(description="how many earlier facts of its own are not listed")


class Explanation(Answer):
    """How one figure comes about."""

    production: Id
    title: str
    currency: str
    read_model: str
    figure: FigureTold


class FigureName(BaseModel):
    """A figure that can be explained."""

    name: str
    label: str
    value: str | None
    unit: str


class FigureNames(Answer):
    """A page of the figures that can be explained."""

    production: Id
    title: str
    currency: str
    read_model: str
    rows: list[FigureName]
    next: str | None


class Changed(BaseModel):
    """A figure that is not what it was; none where it was not there."""

    name: str
    label: str
    unit: str
    before: str | None
    after: str | None
    facts: list[Id] = Field(description="the facts between that it rests on, oldest first")


class Difference(Answer):
    """What changed between two moments, and by which facts."""

    production: Id
    title: str
    currency: str
    read_model: str
    since: MomentTold
    rows: list[Changed]
    facts: list[FactTold] = Field(description="the facts that the rows name")
    next: str | None
