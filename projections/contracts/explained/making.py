"""What the figures of one deal are made with."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from events.contract import Terms, commitment_of
from projections.contracts.rows import Commitment, Deal
from runtime.explaining.figures import Cells, Figure, text
from runtime.view import Rows


class Making:
    """One deal, its own rows, the terms that bind, and its figures so far."""

    def __init__(
        self,
        rows: Rows,
        deal: Deal,
        terms: Terms,
        commitments: Mapping[str, Commitment],
        fees: bool,
    ) -> None:
        self.rows = rows
        self.deal = deal
        self.terms = terms
        self.fees = fees
        self._figures: dict[str, Figure] = {}
        self._of_payment: dict[str, list[Commitment]] = {}
        for payment in terms.payments:
            names = (
                commitment_of(deal.contract, payment.payment, version)
                for version in range(1, (deal.executed_version or 0) + 1)
            )
            found = [commitments[name] for name in names if name in commitments]
            self._of_payment[payment.payment] = found
            for commitment in found:
                rows.put(commitment)

    def commitments(self, payment: str) -> list[Commitment]:
        """What the budget holds for a payment, one commitment a version."""
        return self._of_payment[payment]

    def add(
        self,
        name: str,
        value: Any,
        unit: str = "",
        read_from: Iterable[Cells] = (),
        rule: str | None = None,
        terms: Iterable[Figure] = (),
    ) -> Figure:
        """One figure more, named below the deal."""
        made = Figure(
            name=f"deal/{self.deal.contract}/{name}",
            label=f"{self.deal.title or self.deal.contract}: {said(name)}",
            value=text(value),
            unit=unit,
            formula=rule,
            terms=tuple(terms),
            cells=tuple(read_from),
        )
        self._figures[made.name] = made
        return made

    def figures(self) -> Iterator[Figure]:
        """All that were added."""
        return iter(self._figures.values())


def said(name: str) -> str:
    """A name as words: `payment start, due on` of `payment/start/due_on`."""
    *place, what = name.split("/")
    what = what.replace("_", " ")
    return f"{' '.join(place)}, {what}" if place else what
