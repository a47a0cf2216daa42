"""What is told of what waits."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from events.names import Id
from runtime.reading.answer import Answer, LeftOut


class Kind(StrEnum):
    """What is to be done about an item."""

    APPROVE = "approve"
    CONSULT = "consult"
    NOTIFY = "notify"
    ANSWER = "answer"
    SUBMIT = "submit"
    MEND = "mend"
    CONDITION = "condition"
    EXECUTE = "execute"
    JUDGE = "judge"
    CONFLICT = "conflict"
    LOOK = "look"


class Subject(BaseModel):
    """What an item is about."""

    kind: str = Field(examples=["contract"])
    id: str
    name: str = Field(examples=["Silas Marr, the keeper"])
    version: int | None


class Person(BaseModel):
    """Somebody who may do it today; `in_place_of` is who lets him decide."""

    person: str
    name: str | None
    role: str | None
    in_place_of: str | None
    in_place_of_name: str | None


class Named(BaseModel):
    """Somebody, by his id and, where it is known, his name."""

    person: str
    name: str | None


class Todo(BaseModel):
    """A command that settles it, with what is known of its body."""

    command: str = Field(examples=["grant-approval"])
    method: str = "POST"
    path: str
    body: dict[str, Any]


class Item(BaseModel):
    """One thing that waits."""

    id: Id
    production: Id
    title: str = Field(description="the production's")
    kind: Kind
    subject: Subject
    for_roles: list[str]
    for_people: list[Person]
    for_party: Named | None = Field(description="the other side of a deal, at its turn")
    asked_by: Named | None
    since: datetime
    due_on: date | None = Field(description="the last day for it")
    overdue: bool
    why: str
    amount: Decimal | None = Field(description="null where there is none, or for who is not told")
    currency: str | None
    blocks: str | None = Field(description="what cannot go on before it")
    todo: list[Todo]


class Inbox(Answer):
    """What waits, the oldest first."""

    mine: bool
    rows: list[Item]
    parked: list[LeftOut] = Field(description="productions of which nothing is in the rows")
    next: str | None
