"""The fold that keeps the rows of deals."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from events import budget as money
from events.envelope import Recorded
from projections.contracts.dealing import dealt
from projections.contracts.moves import Dealing
from projections.contracts.parts import Part, standing_after
from projections.contracts.rows import Commitment, Deal, Move, Standing, Version
from runtime.changing import changed
from runtime.view import Row, Rows, View

Promised = money.CommitmentRaised | money.CommitmentClosed | money.CostPosted | money.CostReversed


def evolve(rows: Rows, recorded: Recorded) -> Iterable[Row]:
    """The rows that one fact changes: a deal's by the contract log, commitments by the budget's."""
    match recorded.event:
        case (
            money.CommitmentRaised()
            | money.CommitmentClosed()
            | money.CostPosted()
            | money.CostReversed() as promised
        ):
            yield from _commitment(rows, promised)
        case event if isinstance(event, Dealing):
            yield from dealt(rows, event, recorded)
        case event if isinstance(event, Part):
            yield standing_after(rows, event, recorded)
        case _:
            return


def _commitment(rows: Rows, event: Promised) -> Iterator[Commitment]:
    if event.commitment is None:
        return
    row = rows.get(Commitment, event.commitment) or Commitment(event.commitment)
    match event:
        case money.CommitmentRaised():
            yield changed(row, amount=row.amount + event.amount)
        case money.CommitmentClosed():
            yield changed(row, released=row.released + event.released)
        case money.CostPosted():
            yield changed(row, paid=row.paid + event.amount)
        case money.CostReversed():
            yield changed(row, paid=row.paid - event.amount)
        case _:
            assert_never(event)


VIEW = View(
    logs=("approval", "budget", "contract"),
    tables=(Deal, Version, Move, Standing, Commitment),
    evolve=evolve,
    written_only=frozenset({Move}),
)
