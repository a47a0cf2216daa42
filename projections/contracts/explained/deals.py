"""Every figure and date of every deal."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from projections.contracts.changes import leaves
from projections.contracts.explained.making import Making
from projections.contracts.explained.parts import parts
from projections.contracts.rows import Commitment, Deal, Standing, Version
from projections.contracts.telling import binding, versions_of, whole
from runtime.explaining.figures import Asker, Cells, Figure, cells
from runtime.view import Rows

STATE = "how it ended, or executed once a version binds, or where the terms of its version stand"
READ = {
    "since": "date",
    "expires_at": "date",
    "version": "",
    "executed_version": "",
    "executed_on": "date",
}
"""What stands in a deal's row as it is told, with its unit."""


def explained(rows: Rows, asker: Asker) -> Iterator[Figure]:
    """Every figure and date of every deal; what it pays only where fees are told."""
    commitments = {one.commitment: one for one in rows.all(Commitment)}
    for deal, own in _by_deal(rows):
        versions = versions_of(own, deal)
        version, terms = binding(deal, versions)
        making = Making(own, deal, terms, commitments, asker.fees)
        told = whole(making.rows, deal, asker.fees)
        bound = tuple(cells(one, "terms") for one in versions if one.version == version)
        _standing(making, told)
        _agreed(making, told, bound)
        for one in versions:
            making.add(f"version/{one.version}/put_at", one.put_at, "date", (cells(one, "put_at"),))
        parts(making, told, bound)
        yield from making.figures()


def _by_deal(rows: Rows) -> Iterator[tuple[Deal, Rows]]:
    """Each deal with its parts' rows, so that none is looked for among those of all."""
    own = {deal.contract: Rows() for deal in rows.all(Deal)}
    for version in rows.all(Version):
        if version.contract in own:
            own[version.contract].put(version)
    for standing in rows.all(Standing):
        if standing.contract in own:
            own[standing.contract].put(standing)
    for deal in rows.all(Deal):
        yield deal, own[deal.contract]


def _standing(making: Making, told: dict[str, Any]) -> None:
    """Where the deal stands as a whole."""
    deal = making.deal
    of = (cells(deal, "version", "stage", "executed_version", "ended"),)
    making.add("state", told["state"], "", of, STATE)
    for name, unit in READ.items():
        making.add(name, told[name], unit, (cells(deal, name),))


def _agreed(making: Making, told: dict[str, Any], bound: tuple[Cells, ...]) -> None:
    """Every figure and date of the terms that bind, or of the last ones before any do."""
    of = (*bound, cells(making.deal, "version", "executed_version"))
    making.add("terms_version", told["terms_version"], "", of[1:])
    if making.fees:
        making.add("fee", told["fee"], told["currency"] or "", of)
    kinds = dict(leaves(making.terms.model_dump()))
    for what, value in leaves(told["terms"]):
        counts = isinstance(kinds[what], date | Decimal) and value is not None
        if counts and what != "fee":
            unit = "date" if isinstance(kinds[what], date) else making.terms.currency
            making.add(f"terms/{what}", value, unit, bound)
