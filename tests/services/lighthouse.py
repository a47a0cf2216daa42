"""The one remembered film: The Last Lighthouse, its people and its figures."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from events.approval import Kind, ProductionOpened, Role
from events.budget import Category, Level, Line, Unit
from services.approval.policies import request_of

SAMPLES = Path(__file__).parents[2] / "samples" / "the-last-lighthouse"

PRODUCTION = "6f0c2b1e-8d3a-4c57-9b64-2e71d5a0f38c"
OPENED = ProductionOpened(
    title="The Last Lighthouse",
    kind=Kind.FEATURE,
    currency="USD",
    time_zone="America/New_York",
)


@dataclass(frozen=True)
class Person:
    id: str
    roles: frozenset[Role]


def person(name: str, *roles: Role) -> Person:
    return Person(name, frozenset(roles))


ROSALIND = person("rosalind", Role.EXECUTIVE_PRODUCER)
TOBIAS = person("tobias", Role.PRODUCER)
INGRID = person("ingrid", Role.LINE_PRODUCER)
LUCILLE = person("lucille", Role.PRODUCTION_ACCOUNTANT)
MATTEO = person("matteo", Role.DIRECTOR)
BRAM = person("bram", Role.DEPARTMENT_HEAD)
CALLUM = person("callum", Role.FINANCIER)
HENRIETTA = person("henrietta", Role.COMPLETION_GUARANTOR)
TEAM = (ROSALIND, TOBIAS, INGRID, LUCILLE, MATTEO, BRAM, CALLUM, HENRIETTA)

POLICY = person("policy:approval")
"""A policy answers a person's fact; see `given.asked`."""

BUDGET_REQUEST = request_of(PRODUCTION, "budget", "budget", 1)

CAST = Category(category="1400", name="Cast", level=Level.ABOVE_THE_LINE)
CONSTRUCTION = Category(category="2300", name="Set construction", level=Level.PRODUCTION)
CAMERA = Category(category="3300", name="Camera", level=Level.PRODUCTION)


def line(line_id: str, category: str, account: str, rate: str, **others: object) -> Line:
    fields = {"description": "as agreed", "amount": Decimal(1), "unit": Unit.FLAT, **others}
    return Line.model_validate(
        {"line": line_id, "category": category, "account": account, "rate": rate, **fields}
    )


KEEPER = line(
    "1401-02",
    "1400",
    "1401",
    "21500",
    description="Silas Marr, the keeper",
    amount="4",
    unit="week",
)
LANTERN_ROOM = line(
    "2302-01", "2300", "2302", "98500", description="Lantern room, steel, floor and glazing"
)
SCRIPT_PAGES = line(
    "1401-90", "1400", "1401", "0.085", description="Pages", amount="4257", unit="page"
)
