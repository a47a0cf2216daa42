"""What of the vocabulary is personal: every text that any command takes was judged, by name.

A new one fails here until somebody has said what it is. docs/operations.md tells people the same.
"""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from runtime import rooms
from runtime.decider import Command
from runtime.people.personal import personal_fields

pytestmark = pytest.mark.unit

COMMANDS = [command for service in rooms.services().values() for command in service.commands]

SEALED = {"OpenProduction.name", "AppointPerson.name", "DraftContract.name"}
"""Texts that name a person, sealed under his key."""

PEOPLE = set("person party delegate delegator by".split())
"""Opaque ids of people (`PersonId`), which tell nobody who it is."""

THINGS = {
    "Subject.name": "a budget, a script, a cut",
    "Category.name": "a heading of the budget",
    "Deliverable.name": "what is handed over",
    "DraftSchedule.name": "the schedule's",
    "ImportSchedule.name": "the schedule's, as its file says",
    "Element.name": "a character, a prop, a vehicle: the role, never who plays it",
    "FreeDay.name": "a holiday",
    "SetMilestone.name": "a milestone",
    "SetTask.name": "a piece of work",
}
"""Whose names are of no person."""

OF_NO_PERSON = set(
    # ids, numbers and kinds
    "account after behind_account board board_id boneyard breakdown breakdowns category cause "
    "choose commitment conflict content_hash contract currency days deliverable document_hash "
    "element elements estimate holidays_of in_place_of kind line medium milestone needed_by option "
    "overage payment posting request reversal scene screening script_day series source "
    "subject_kind subject_kinds task territory time_zone unit "
    # places and plans
    "location place position role set_name synopsis title what upon right "
    # what people write of what they did; names do not belong there, and nobody seals them
    "cure description note notes problem reason view".split()
)
"""Texts that tell of things, places and reasons."""

NAMES_BY_PURPOSE = {
    "Credit.wording": "a term of the deal, decision 0030; the docs tell how to leave it out"
}
"""Texts that hold a person's name by their purpose, and are not sealed."""


def texts_of(kind: Any, place: str, owners: frozenset[Any] = frozenset()) -> Iterator[str]:
    """`Class.field` of every text below a type, however deep."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind not in owners:
            for name, field in kind.model_fields.items():
                yield from texts_of(field.annotation, f"{kind.__name__}.{name}", owners | {kind})
    elif kind is str:
        yield place
    else:
        for part in get_args(kind):
            yield from texts_of(part, place, owners)


TEXTS = {place for command in COMMANDS for place in texts_of(command, command.__name__)}


def test_what_is_sealed_is_what_was_judged_to_be_personal() -> None:
    marked = {f"{one.__name__}.{field}" for one in COMMANDS for field in personal_fields(one)}
    assert marked == SEALED


def test_every_text_of_every_command_was_judged() -> None:
    judged = SEALED | set(THINGS) | set(NAMES_BY_PURPOSE)
    unjudged = {
        place for place in TEXTS - judged if place.rpartition(".")[2] not in PEOPLE | OF_NO_PERSON
    }
    assert unjudged == set(), "is it personal? seal it, or say here why not"


def test_no_judgement_outlives_its_field() -> None:
    assert SEALED | set(THINGS) | set(NAMES_BY_PURPOSE) <= TEXTS
    assert {place.rpartition(".")[2] for place in TEXTS} >= PEOPLE | OF_NO_PERSON


class SendCallSheet(Command):
    """Not a command of Reel."""

    person: str
    home_address: str
    contacts: tuple[dict[str, str], ...] = ()


def test_a_text_is_found_however_deep_it_lies() -> None:
    assert set(texts_of(SendCallSheet, "SendCallSheet")) == {
        "SendCallSheet.person",
        "SendCallSheet.home_address",
        "SendCallSheet.contacts",
    }
