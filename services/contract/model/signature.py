"""The signature: of the deal, or of its amendment."""

from collections.abc import Iterator, Sequence
from datetime import date

from events.contract import ContractAmended, ContractExecuted, Terms, TermsCleared
from events.event import Event
from runtime.decider import Rejection
from runtime.refusals import listed, problem
from services.contract.commands import ExecuteContract
from services.contract.model.clearance import agreed
from services.contract.model.phases import Agreed, Contract, Executed, UnderWay, under_way
from services.contract.model.rejections import (
    AmendmentUndoesWhatIsDone,
    ConditionIsNotMet,
    ContractIsNotReady,
    TermsAreNotCleared,
)


def execute_contract(contract: Contract, command: ExecuteContract) -> Sequence[Event]:
    """The fact that exactly what was agreed and cleared was signed."""
    deal = under_way(contract)
    if isinstance(deal, Executed) and _is_signed(deal, command.executed_on):
        return []
    talks = agreed(deal)
    missing = list(_missing(deal, talks))
    if missing:
        raise ContractIsNotReady(
            "; ".join(str(one) for one in missing[:5]), listed([problem(one) for one in missing])
        )
    if isinstance(deal, Executed):
        return [
            ContractAmended(
                contract=command.contract,
                version=talks.version,
                before=deal.terms,
                after=talks.terms,
                content_hash=talks.accepted.content_hash,
                amended_on=command.executed_on,
            )
        ]
    drafted = deal.deal.drafted
    return [
        ContractExecuted(
            contract=command.contract,
            kind=drafted.kind,
            title=drafted.title,
            party=drafted.party,
            version=talks.version,
            terms=talks.terms,
            content_hash=talks.accepted.content_hash,
            executed_on=command.executed_on,
        )
    ]


def _is_signed(deal: Executed, on: date) -> bool:
    return deal.amendment is None and deal.signed_on == on


def _missing(deal: UnderWay, talks: Agreed) -> Iterator[Rejection]:
    if not isinstance(talks.clearance, TermsCleared):
        yield TermsAreNotCleared(
            f"version {talks.version} is not cleared: submit its terms, and let them be approved"
        )
    for condition in sorted(set(talks.terms.conditions) - deal.deal.met):
        yield ConditionIsNotMet(f"the deal waits for {condition}: see to that first")
    if isinstance(deal, Executed):
        for undone in _undone(deal, talks.terms):
            yield AmendmentUndoesWhatIsDone(
                f"{undone} is done, and version {talks.version} has it otherwise: counter with "
                "terms that leave it as it was"
            )


def _undone(deal: Executed, after: Terms) -> Iterator[str]:
    """What was done already, and would not be the same by the new terms."""
    done = [
        *((f"payment {one}", one, "payments", "payment") for one in deal.earned),
        *((f"option {one}", one, "options", "option") for one in deal.settled),
        *((f"deliverable {one}", one, "deliverables", "deliverable") for one in deal.deliveries),
    ]
    for what, name, parts, key in sorted(done):
        before, now = (
            [one for one in getattr(terms, parts) if getattr(one, key) == name]
            for terms in (deal.terms, after)
        )
        if before != now:
            yield what
