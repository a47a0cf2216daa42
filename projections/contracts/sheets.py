"""The deals on paper: with whom, where each stands, and what it pays."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from projections.contracts.rows import Deal
from projections.contracts.telling import summary
from runtime.sheets import Cell, Sheet, Told

COLUMNS = ("Deal", "Kind", "With", "State", "Executed", "", "Fee", "Paid")
LEFT_OUT = "Fees are left out: they are not for the role that this package was made for."


def sheets(told: Told) -> Sequence[Sheet]:
    """Every deal in a row, in the order of their titles."""
    deals = sorted(told.rows.all(Deal), key=lambda deal: (deal.title, deal.contract))
    return (
        Sheet(
            title="Deals",
            columns=COLUMNS,
            rows=tuple(_row(summary(told.rows, deal, told.fees)) for deal in deals),
            note="" if told.fees else LEFT_OUT,
            nothing="No deal has been drafted.",
        ),
    )


def _row(deal: dict[str, Any]) -> tuple[Cell, ...]:
    return (
        deal["title"],
        deal["kind"],
        deal["party"]["name"] or deal["party"]["person"],
        deal["state"],
        deal["executed_on"],
        deal["currency"],
        None if deal["fee"] is None else Decimal(deal["fee"]),
        None if deal["paid"] is None else Decimal(deal["paid"]),
    )
