"""Terms as they are written: of a new deal, or of an amendment."""

from collections.abc import Sequence

from events.contract import ContractDrafted, Terms, TermsRedrafted
from events.event import Event
from runtime.decider import Context
from services.contract.commands import DraftContract, RedraftTerms
from services.contract.model.evolve import is_in_force
from services.contract.model.phases import (
    Contract,
    Executed,
    NotDrafted,
    UnderWay,
    talks_of,
    under_way,
)
from services.contract.model.rejections import ContractExists
from services.contract.model.standing import (
    check_nothing_awaits_an_answer,
    next_version,
    without_an_offer_that_is_over,
)
from services.contract.model.terms import fitting


def draft_contract(contract: Contract, command: DraftContract, context: Context) -> Sequence[Event]:
    """The fact that a deal was begun."""
    terms = fitting(command.terms, context.known)
    drafted = ContractDrafted(**{**dict(command), "terms": terms})
    if isinstance(contract, NotDrafted):
        return [drafted]
    before = contract.deal.drafted
    if before == drafted:
        return []
    raise ContractExists(
        f"{command.contract} is the deal {before.title!r} already: redraft its terms, or give this "
        "one an id of its own"
    )


def redraft_terms(contract: Contract, command: RedraftTerms, context: Context) -> Sequence[Event]:
    """The fact that terms were written anew; the same terms again are none."""
    deal = under_way(contract)
    terms = fitting(command.terms, context.known)
    if _stand(deal, terms):
        return []
    deal, before = without_an_offer_that_is_over(deal, context.at)
    check_nothing_awaits_an_answer(deal)
    redrafted = TermsRedrafted(
        contract=command.contract,
        version=next_version(deal),
        terms=terms,
        reason=command.reason,
    )
    return [*before, redrafted]


def _stand(contract: UnderWay, terms: Terms) -> bool:
    """Whether just these terms are talked about; where nothing is, whether they are in force."""
    if isinstance(contract, Executed) and contract.amendment is None:
        return is_in_force(contract, terms)
    deal = contract.deal
    return deal.hash_of(talks_of(contract).terms) == deal.hash_of(terms)
