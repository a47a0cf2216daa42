"""What an explanation and a difference answer, as their callers see them."""

from typing import Any

from pydantic import BaseModel, Field

from events.names import Id
from runtime.reading.answer import Answer, MomentTold
from runtime.web.facts import NAMED


class EffectTold(BaseModel):
    """What one fact made of one column of one row."""

    row: str = Field(examples=["account 2302"])
    column: str = Field(examples=["committed"])
    before: str | None
    after: str | None


class FactTold(BaseModel):
    """One fact: who recorded it, when, why and because of what."""

    log: str
    position: int
    id: Id
    type: str = Field(examples=["budget.CostPosted"])
    recorded_at: str
    effective_at: str
    actor: str
    actor_name: str | None = Field(description=NAMED)
    reason: str | None
    causation: Id | None
    correlation: str
    data: dict[str, Any] | None = Field(description="none: the log is not for the caller's roles")


class Behind(BaseModel):
    """A fact behind a figure, by its id, and what it made of what the figure is read from."""

    fact: Id
    effects: list[EffectTold] = Field(description="none: the log is not for the caller's roles")


class FigureTold(BaseModel):
    """One figure: its formula over its terms, and the facts behind what it is itself read from."""

    name: str = Field(examples=["account/2302/efc"])
    label: str = Field(examples=["EFC of 2302 Set construction"])
    value: str | None
    unit: str
    formula: str | None = Field(examples=["total cost + ETC"])
    told: str = Field(
        description="where its terms and facts are told: here; above, since it stands there "
        "already; or apart, since this is deep enough: ask for it by its name"
    )
    terms: list["FigureTold"]
    facts: list[Behind] = Field(description="oldest first")
    facts_before: int = Field(description="how many earlier facts of its own are not listed")


class Explanation(Answer):
    """How one figure comes about."""

    production: Id
    title: str
    currency: str
    read_model: str
    figure: FigureTold
    facts: list[FactTold] = Field(description="every fact that the figures name, oldest first")


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
    facts: list[FactTold] = Field(description="the facts that the rows name, oldest first")
    next: str | None
