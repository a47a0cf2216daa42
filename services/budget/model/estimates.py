"""Estimates, numbered by account: each stands beside those before it and replaces them."""

from collections.abc import Sequence

from events.budget import EstimateBasis, EstimateSet
from services.budget.commands import SetEstimate
from services.budget.model.currency import exact
from services.budget.model.ledger import EntryEvent, Ledger
from services.budget.model.rejections import EstimateExists, EstimateIsNegative


def set_estimate(ledger: Ledger, entry: SetEstimate, currency: str) -> Sequence[EntryEvent]:
    """The fact that an estimate was set."""
    value = exact(entry.value, currency)
    if value < 0 and entry.basis is not EstimateBasis.VARIANCE:
        raise EstimateIsNegative(
            f"{entry.estimate} sets {entry.basis} to {value}: it is 0 or more; only a variance "
            "may be negative, and that is over budget"
        )
    before = ledger.estimates.get(entry.estimate)
    count = ledger.estimate_counts.get(entry.account, 0)
    estimate = EstimateSet(
        estimate=entry.estimate,
        number=before.number if before else count + 1,
        account=entry.account,
        basis=entry.basis,
        value=value,
        reason=entry.reason,
        estimated_on=entry.estimated_on,
    )
    if before is None:
        return [estimate]
    if before == estimate:
        return []
    raise EstimateExists(
        f"{entry.estimate} set {before.basis} of account {before.account} to {before.value} on "
        f"{before.estimated_on} already: give this one an id of its own"
    )
