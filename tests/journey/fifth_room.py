"""The files of a room that nobody has heard of, with fields that nobody foresaw."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A type that a field may have: how it is written in Python, in JSON and in a table."""

    annotation: str
    literal: str
    json: Any
    column: str = "text"
    kept: str = "{}"
    """How a row keeps it."""
    told: str | None = None
    """The text that the query answers; None where it is the JSON's own."""


KINDS = (
    Kind("int", "7", 7, "int"),
    Kind("bool", "True", True, "boolean", told="True"),
    Kind("date", "date(2026, 9, 8)", "2026-09-08", "date"),
    Kind("Money", 'Decimal("12.50")', "12.50", "numeric"),
    Kind("Factor", 'Decimal("-0.125")', "-0.125", "numeric"),
    Kind("Currency", '"USD"', "USD"),
    Kind("Reference", '"TABLE 7/b"', "TABLE 7/b"),
    Kind("Text", '"No nuts, [please]: \\u201cnone\\u201d"', "No nuts, [please]: \u201cnone\u201d"),
    Kind("ContentHash", repr("3d" * 32), "3d" * 32),
    Kind("Diet", "Diet.VEGAN", "vegan"),
    Kind("Role", "Role.DIRECTOR", "director"),
    Kind("Text | None", "None", None, told="None"),
    Kind("date | None", "date(2026, 9, 8)", "2026-09-08", "date"),
    Kind(
        "tuple[Reference, ...]",
        '("soup", "fish")',
        ["soup", "fish"],
        kept='", ".join({})',
        told="soup, fish",
    ),
    Kind("tuple[Money, ...]", '(Decimal("1.5"),)', ["1.5"], kept="str({}[0])", told="1.5"),
)
NAMES = ("portion", "course", "bill", "seat", "wish", "served")

IMPORTS = """
from datetime import date
from decimal import Decimal
from enum import StrEnum

from events.approval import Role
from events.money import Currency, Factor, Money
from events.names import ContentHash, Reference, Text
"""

Fields = Mapping[str, Kind]


def some_fields(dice: random.Random) -> Fields:
    """Three to six fields, each of another type."""
    kinds = dice.sample(KINDS, dice.randint(3, len(NAMES)))
    return dict(zip(NAMES, kinds, strict=False))


def example(fields: Fields) -> dict[str, Any]:
    """What a caller sends for them."""
    return {name: kind.json for name, kind in fields.items()}


def told(fields: Fields) -> dict[str, str]:
    """What the query answers of them."""
    return {name: kind.told or str(kind.json) for name, kind in fields.items()}


def written(text: str, room: str, view: str, fields: Fields) -> str:
    """A file, or the name of one, for a room of that name with those fields."""

    def each(form: str, between: str = "\n") -> str:
        return between.join(
            form.format(name=name, kind=kind, kept=kind.kept.format(f"event.{name}"))
            for name, kind in fields.items()
        )

    for place, words in (
        ("IMPORTS", IMPORTS.strip()),
        ("FIELDS", each("    {name}: {kind.annotation}")),
        ("COPIED", each("{name}=command.{name}", ", ")),
        ("LITERALS", each("{name}={kind.literal}", ", ")),
        ("**EXAMPLE", repr(example(fields))[1:-1]),
        ("COLUMNS", each(",\n    {name} {kind.column}", "")),
        ("KEPT", each("    {name}: Any = None")),
        ("FOLDED", each("{name}={kept}", ", ")),
        ("TOLD", each('"{name}": str(row.{name})', ", ")),
        ("ROOM", room),
        ("ANSWER", view),
    ):
        text = text.replace(place, words)
    return text.lstrip("\n")


FILES = {
    "events/ROOM.py": '''
"""Facts of the ROOM room."""

IMPORTS
from events.event import Event
from events.names import PersonId


class Diet(StrEnum):
    """What somebody eats."""

    EVERYTHING = "everything"
    VEGAN = "vegan"


class MealOrdered(Event):
    """A meal was ordered for a person."""

    meal: Reference
    guest: PersonId
FIELDS


class KitchenClosed(Event):
    """The kitchen was closed behind its third meal."""

    meals: int
FIELDS
''',
    "services/ROOM/__init__.py": '''
"""What the crew eats.

Streams: `kitchen`, one per production; it is closed behind its third meal.
"""
''',
    "services/ROOM/commands.py": '''
"""What the ROOM room can be told to do."""

from typing import ClassVar

IMPORTS
from events.ROOM import Diet
from events.names import PersonId
from runtime.decider import Command


class OrderMeal(Command):
    """Order a meal for somebody."""

    MAY: ClassVar[frozenset[Role]] = frozenset({Role.LINE_PRODUCER})

    meal: Reference
    guest: PersonId
FIELDS
''',
    "services/ROOM/model.py": '''
"""The kitchen, and its rules."""

from collections.abc import Sequence

from events.ROOM import KitchenClosed, MealOrdered
from events.event import Event
from runtime.decider import Context, Decider, Rejection
from services.ROOM.commands import OrderMeal

Meals = tuple[str, ...]


class KitchenIsClosed(Rejection):
    """There were three meals."""


def decide(meals: Meals, command: OrderMeal, context: Context) -> Sequence[Event]:
    if command.meal in meals:
        return []
    if len(meals) == 3:
        raise KitchenIsClosed("eat elsewhere")
    ordered = MealOrdered(meal=command.meal, guest=command.guest, COPIED)
    return [ordered, KitchenClosed(meals=3, COPIED)] if len(meals) == 2 else [ordered]


def evolve(meals: Meals, event: Event) -> Meals:
    return (*meals, event.meal) if isinstance(event, MealOrdered) else meals


DECIDERS = (Decider(kind="kitchen", initial=(), commands=(OrderMeal,), decide=decide, evolve=evolve),)
''',
    "services/ROOM/policies.py": '''
"""How the ROOM room answers the approval room: whoever is appointed gets a meal."""

from collections.abc import Sequence
from typing import Any

from events.approval import PersonAppointed
from events.envelope import Recorded
from events.ROOM import Diet, KitchenClosed, MealOrdered
IMPORTS
from runtime.decider import Command, Policies, Reaction
from services.ROOM.commands import OrderMeal


def welcome(recorded: Recorded, _: Any) -> Sequence[Command]:
    appointed = recorded.event
    assert isinstance(appointed, PersonAppointed)
    return [OrderMeal(meal=f"welcome {appointed.role}", guest=appointed.person, LITERALS)]


REACTIONS = (
    Reaction(
        on=PersonAppointed,
        because="whoever is appointed gets a meal",
        gives={OrderMeal: (MealOrdered, KitchenClosed)},
        react=welcome,
    ),
)

policies = Policies(logs=("approval",), reactions=REACTIONS)
''',
    "services/ROOM/timers.py": '''
"""A month behind its last meal the kitchen gives a party."""

from collections.abc import Sequence
from datetime import timedelta

from events.envelope import Recorded
from events.ROOM import Diet, KitchenClosed
IMPORTS
from runtime.decider import Timer
from services.ROOM.commands import OrderMeal


def timers(recorded: Recorded) -> Sequence[Timer]:
    match recorded.event:
        case KitchenClosed():
            party = OrderMeal(meal="wrap party", guest=recorded.actor, LITERALS)
            return [Timer("party", recorded.recorded_at + timedelta(days=30), party)]
        case _:
            return []
''',
    "services/ROOM/api.py": '''
"""The nameplate of the ROOM room."""

from runtime.rooms import Service
from services.ROOM.commands import OrderMeal
from services.ROOM.model import DECIDERS
from services.ROOM.policies import policies
from services.ROOM.timers import timers

EXAMPLES = {OrderMeal: {"meal": "breakfast", "guest": "ingrid", **EXAMPLE}}

service = Service(
    name="ROOM", deciders=DECIDERS, policies=policies, timers=timers, examples=EXAMPLES
)
''',
    "projections/ANSWER/__init__.py": '''
"""How many meals were ordered?"""
''',
    "projections/ANSWER/table.sql": """
CREATE TABLE kitchen (
    production uuid PRIMARY KEY,
    meals      int     NOT NULL,
    closed     boolean NOT NULLCOLUMNS
);
""",
    "projections/ANSWER/view.py": '''
"""One row for each kitchen."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from events.ROOM import KitchenClosed, MealOrdered
from events.envelope import Recorded
from runtime.view import Row, Rows, View


@dataclass(frozen=True)
class Kitchen:
    TABLE: ClassVar[str] = "kitchen"
    KEY: ClassVar[tuple[str, ...]] = ()

    meals: int = 0
    closed: bool = False
KEPT


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    kitchen = rows.get(Kitchen) or Kitchen()
    match recorded.event:
        case MealOrdered() as event:
            yield replace(kitchen, meals=kitchen.meals + 1, FOLDED)
        case KitchenClosed():
            yield replace(kitchen, closed=True)
        case _:
            return


VIEW = View(logs=("approval", "ROOM"), tables=(Kitchen,), evolve=evolve)
''',
    "projections/ANSWER/screens.py": '''
"""The kitchen for the eye."""

from typing import Any

from runtime.printing import out, table
from runtime.screens import Screen


def show(kitchen: dict[str, Any]) -> None:
    out.print(table("Kitchen", ("What", "So far"), [[key, str(told)] for key, told in kitchen.items()]))


SCREENS = (
    Screen(
        name="ROOM show",
        help="How many meals were ordered, and the last of them.",
        path="/v1/productions/{production}/ANSWER",
        show=show,
    ),
)
''',
    "projections/ANSWER/api.py": '''
"""The nameplate of ANSWER, and the query it answers."""

from typing import Any

from fastapi import APIRouter

from projections.ANSWER.view import VIEW, Kitchen
from runtime.reading.query import Reader
from runtime.rooms import Projection
from runtime.web.callers import CallerNow, Production


def routes(reader: Reader) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["ANSWER"])

    @router.get("/productions/{production}/ANSWER")
    async def kitchen(
        production: Production, caller: CallerNow, after: str | None = None
    ) -> dict[str, Any]:
        await reader.until(after)
        await reader.member(production, caller)
        row = (await reader.read([production])).rows[production].get(Kitchen) or Kitchen()
        return {"meals": row.meals, "closed": row.closed, TOLD}

    return router


projection = Projection(name="ANSWER", version=1, view=VIEW, routes=routes)
''',
}
