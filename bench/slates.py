"""A slate of productions to load: the films of a file, or made-up ones, as many and of its shape.

The file is the one that FiveThirtyEight published of 1,794 films (bechdel/movies.csv); it is read
where it lies. Of each film its title, year and budget are taken; budget lines, schedule and costs
are spread over them by fixed shares.
"""

import csv
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

FILMS = 1_794
QUICK_FILMS = 60
ACCOUNTS = (
    ("1100", "Story", "1101", "Story and rights", 4),
    ("1200", "Producer", "1211", "Producers", 6),
    ("1300", "Director", "1301", "Director", 6),
    ("1400", "Cast", "1401", "Principal cast", 16),
    ("2000", "Production staff", "2001", "Production staff", 8),
    ("2200", "Art", "2201", "Design and art", 5),
    ("2300", "Set construction", "2302", "Construction, labor and materials", 11),
    ("3200", "Lighting", "3211", "Lighting package", 5),
    ("3300", "Camera", "3301", "Camera package and crew", 6),
    ("3600", "Locations", "3601", "Locations", 8),
    ("4500", "Editing", "4501", "Editing", 6),
    ("4600", "Music", "4601", "Music", 4),
    ("5000", "Visual effects", "5001", "Visual effects", 11),
    ("6700", "Insurance", "6701", "Insurance and bond", 4),
)
"""Category, its name, account, what it is for, and its share of a budget in hundredths."""


@dataclass(frozen=True)
class Film:
    """One production of the slate; `budget` in whole US dollars."""

    title: str
    year: int
    budget: Decimal
    production: str = field(default_factory=lambda: str(uuid.uuid4()))

    def plan(self) -> dict[str, Any]:
        """Its budget as a file's categories and lines."""
        return {
            "categories": [
                {
                    "category": category,
                    "name": name,
                    "level": "atl" if category < "2000" else "production",
                }
                for category, name, *_ in ACCOUNTS
            ],
            "lines": [
                {
                    "line": f"{account}-01",
                    "category": category,
                    "account": account,
                    "description": what,
                    "amount": "1",
                    "unit": "flat",
                    "x": "1",
                    "rate": str(rate),
                }
                for (category, _, account, what, _), rate in zip(
                    ACCOUNTS, self.shares(), strict=True
                )
            ],
        }

    def shares(self) -> list[Decimal]:
        """The budget over the accounts, to the cent; the last one takes the rest."""
        shares = [(self.budget * share / 100).quantize(Decimal("0.01")) for *_, share in ACCOUNTS]
        return [*shares[:-1], self.budget - sum(shares[:-1])]

    def costs(self) -> list[dict[str, Any]]:
        """A commitment of half of each account, and a posting of half of that against it."""
        return [entry for pair in self._pairs() for entry in pair]

    def _pairs(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        shoot = self.first_day
        for number, ((_, _, account, what, _), share) in enumerate(
            zip(ACCOUNTS, self.shares(), strict=True)
        ):
            committed = max(Decimal("0.02"), (share / 2).quantize(Decimal("0.01")))
            yield (
                {
                    "entry": "commit",
                    "commitment": f"PO-{number}",
                    "account": account,
                    "amount": str(committed),
                    "description": what,
                    "raised_on": shoot.isoformat(),
                },
                {
                    "entry": "post",
                    "posting": f"INV-{number}",
                    "account": account,
                    "amount": str((committed / 2).quantize(Decimal("0.01"))),
                    "commitment": f"PO-{number}",
                    "description": what,
                    "incurred_on": (shoot + timedelta(14 + number)).isoformat(),
                },
            )

    def spent(self) -> Decimal:
        """What the postings add up to."""
        return sum(
            (Decimal(one["amount"]) for one in self.costs() if one["entry"] == "post"), Decimal()
        )

    @property
    def first_day(self) -> date:
        """When preparation begins."""
        return date(self.year, 3, 2)

    def tasks(self) -> list[dict[str, Any]]:
        """Preparation, shoot and edit, one after the other."""
        return [
            {
                "task": name,
                "kind": kind,
                "name": name.capitalize(),
                "starts_on": (self.first_day + timedelta(after)).isoformat(),
                "days": days,
            }
            for name, kind, after, days in (("prep", "prep", 0, 40), ("edit", "edit", 140, 90))
        ]


def slate(movies: str | None, *, quick: bool) -> list[Film]:
    """The films of that file, or as many made-up ones."""
    films = _made_up() if movies is None else _read(Path(movies))
    return films[:QUICK_FILMS] if quick else films


def _read(file: Path) -> list[Film]:
    with file.open(newline="", encoding="utf-8", errors="replace") as lines:
        return [
            Film(row["title"], int(row["year"]), Decimal(row["budget"]))
            for row in csv.DictReader(lines)
        ]


def _made_up() -> list[Film]:
    """Budgets as widely spread as in life: from thousands to hundreds of millions."""
    chance = random.Random(1_794)
    return [
        Film(
            f"Untitled Film {number + 1}",
            1970 + number % 44,
            Decimal(max(7_000, round(chance.lognormvariate(17.1, 1.3)))),
        )
        for number in range(FILMS)
    ]
