"""The moves of a deal, and the line of its history that each of them writes."""

from events import contract as facts
from events.contract import Side
from events.envelope import Recorded
from projections.contracts.rows import Move

Negotiated = (
    facts.ContractDrafted
    | facts.TermsRedrafted
    | facts.OfferMade
    | facts.OfferCountered
    | facts.OfferAccepted
    | facts.OfferLapsed
    | facts.OfferWithdrawn
)
Cleared = (
    facts.LongFormDrafted
    | facts.TermsSubmitted
    | facts.TermsWithdrawn
    | facts.TermsCleared
    | facts.ClearanceRefused
    | facts.ContractExecuted
    | facts.ContractAmended
)
Ended = facts.ContractTerminated | facts.ContractCompleted | facts.ContractExpired
Dealing = Negotiated | Cleared | Ended

WORDS: dict[type[Dealing], str] = {
    facts.ContractDrafted: "drafted",
    facts.TermsRedrafted: "redrafted",
    facts.OfferMade: "offered",
    facts.OfferCountered: "countered",
    facts.OfferAccepted: "accepted",
    facts.OfferLapsed: "lapsed",
    facts.OfferWithdrawn: "withdrawn",
    facts.LongFormDrafted: "long form drafted",
    facts.TermsSubmitted: "submitted for clearance",
    facts.TermsWithdrawn: "withdrawn from clearance",
    facts.TermsCleared: "cleared",
    facts.ClearanceRefused: "clearance refused",
    facts.ContractExecuted: "executed",
    facts.ContractAmended: "amended",
    facts.ContractTerminated: "terminated",
    facts.ContractCompleted: "completed",
    facts.ContractExpired: "expired",
}


def move_of(event: Dealing, recorded: Recorded) -> Move:
    """One line of the deal's history."""
    side, until, note = None, None, getattr(event, "reason", None)
    match event:
        case facts.OfferMade():
            side, until = Side.PRODUCTION, event.expires_at
        case facts.OfferCountered():
            side, until, note = event.by, event.expires_at, event.note
        case facts.OfferAccepted():
            side = event.accepted_by
        case _:
            pass
    return Move(
        contract=event.contract,
        number=recorded.version,
        what=WORDS[type(event)],
        version=1 if isinstance(event, facts.ContractDrafted) else getattr(event, "version", None),
        side=side.value if side else None,
        at=recorded.recorded_at,
        until=until,
        note=note,
    )
