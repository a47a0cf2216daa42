"""Where every deal stands, how it came there, and what became of its parts."""

from decimal import Decimal
from typing import Any

from tests.journey.naive.telling import (
    LAST_DAYS,
    ZERO,
    Fact,
    Row,
    Tables,
    day,
    is_moved,
    moment,
    money,
    row,
    rows,
)

HISTORY = {
    "ContractDrafted": "drafted",
    "TermsRedrafted": "redrafted",
    "OfferMade": "offered",
    "OfferCountered": "countered",
    "OfferAccepted": "accepted",
    "OfferLapsed": "lapsed",
    "OfferWithdrawn": "withdrawn",
    "LongFormDrafted": "long form drafted",
    "TermsSubmitted": "submitted for clearance",
    "TermsWithdrawn": "withdrawn from clearance",
    "TermsCleared": "cleared",
    "ClearanceRefused": "clearance refused",
    "ContractExecuted": "executed",
    "ContractAmended": "amended",
    "ContractTerminated": "terminated",
    "ContractCompleted": "completed",
    "ContractExpired": "expired",
}
UNKNOWN = ("name", "since", "offered_by", "expires_at", "clearance", "request", "document_hash")
NOT_YET = ("executed_version", "executed_on", "ended", "ended_on", "reason")


def hear(tables: Tables, fact: Fact) -> None:
    """Changes the rows as one fact of the contract or budget log says."""
    if fact.log == "budget" and fact.says.get("commitment") is not None:
        _commitment(tables, fact)
    if fact.log != "contract" or "contract" not in fact.says:
        return
    if fact.name in HISTORY:
        _move(tables, fact)
        _deal(tables, fact)
        _terms(tables, fact)
    else:
        _part(tables, fact)


def _commitment(tables: Tables, fact: Fact) -> None:
    says = fact.says
    blank = {"amount": ZERO, "released": ZERO, "paid": ZERO}
    one = row(tables, "commitment", {"commitment": says["commitment"]}, blank)
    match fact.name:
        case "CommitmentRaised":
            one["amount"] += Decimal(says["amount"])
        case "CommitmentClosed":
            one["released"] += Decimal(says["released"])
        case "CostPosted":
            one["paid"] += Decimal(says["amount"])
        case "CostReversed":
            one["paid"] -= Decimal(says["amount"])


def _move(tables: Tables, fact: Fact) -> None:
    says = fact.says
    sides = {"OfferMade": "production", "OfferCountered": says.get("by")}
    row(tables, "move", {"contract": says["contract"], "number": fact.number}).update(
        what=HISTORY[fact.name],
        version=1 if fact.name == "ContractDrafted" else says.get("version"),
        side=sides.get(fact.name, says.get("accepted_by")),
        at=fact.at,
        until=moment(says.get("expires_at")),
        note=says.get("reason", says.get("note")),
    )


def _deal(tables: Tables, fact: Fact) -> None:
    says = fact.says
    blank = dict.fromkeys((*UNKNOWN, *NOT_YET))
    deal = row(tables, "deal", {"contract": says["contract"]}, blank)
    if fact.name == "LongFormDrafted":
        deal["document_hash"] = says["document_hash"]
        return
    deal["since"] = fact.at
    deal |= {"offered_by": None, "expires_at": None}
    if "version" in says:
        deal["version"] = says["version"]
    match fact.name:
        case "ContractDrafted":
            known = {name: says[name] for name in ("kind", "title", "party", "name")}
            deal |= known | {"version": 1, "stage": "draft"}
        case "TermsRedrafted":
            deal |= {"stage": "draft", "clearance": None}
        case "OfferLapsed" | "OfferWithdrawn":
            deal["stage"] = "draft"
        case "OfferMade" | "OfferCountered":
            deal |= {"stage": "offered", "clearance": None}
            deal["offered_by"] = says.get("by", "production")
            deal["expires_at"] = moment(says["expires_at"])
        case "OfferAccepted":
            deal["stage"] = "agreed"
        case "TermsSubmitted":
            deal |= {"stage": "submitted", "clearance": "asked"}
        case "TermsWithdrawn":
            deal |= {"stage": "agreed", "clearance": None}
        case "TermsCleared":
            deal |= {"stage": "cleared", "clearance": "given", "request": says["request"]}
        case "ClearanceRefused":
            deal |= {"stage": "refused", "clearance": "refused", "request": says["request"]}
        case _:
            _signed_or_ended(deal, fact)


def _signed_or_ended(deal: Row, fact: Fact) -> None:
    says = fact.says
    match fact.name:
        case "ContractExecuted":
            known = {name: says[name] for name in ("kind", "title", "party")}
            deal |= known | {"stage": "executed", "executed_version": says["version"]}
            deal["executed_on"] = day(says["executed_on"])
        case "ContractAmended":
            deal |= {"stage": "executed", "executed_version": says["version"]}
        case "ContractTerminated":
            deal |= {"ended": "terminated", "reason": says["reason"]}
            deal["ended_on"] = day(says["terminated_on"])
        case "ContractCompleted":
            deal |= {"ended": "completed", "ended_on": day(says["completed_on"])}
        case "ContractExpired":
            deal |= {"ended": "expired", "reason": says["reason"], "ended_on": fact.at.date()}


def _terms(tables: Tables, fact: Fact) -> None:
    """A version's terms are those of the fact that brought them first; the same again is no news."""
    says = fact.says
    for payment in says.get("released", ()):
        _standing(tables, says["contract"], "payment", payment).update(
            status="released", on_day=day(says["terminated_on"])
        )
    if fact.name == "ContractAmended":
        _amended(tables, fact)
    terms = says.get("terms", says.get("after"))
    if terms is None:
        return
    key = {"contract": says["contract"], "version": says.get("version", 1)}
    version = row(tables, "version", key, {"terms": None})
    if version["terms"] != terms:
        version.update(terms=terms, put_by=says.get("by", "production"), put_at=fact.at)


def _amended(tables: Tables, fact: Fact) -> None:
    """Where the two terms differ in a day, what was extended or to be cured until then says nothing
    of it any more."""
    for one in rows(tables, "standing"):
        is_of_it = one["contract"] == fact.says["contract"] and one["part"] in LAST_DAYS
        if is_of_it and is_moved(fact, one["part"], one["id"]):
            one["until"] = None


def _standing(tables: Tables, contract: str, part: str, id_: str) -> Row:
    key = {"contract": contract, "part": part, "id": id_}
    return row(tables, "standing", key, dict.fromkeys(("on_day", "until", "amount", "note")))


def _part(tables: Tables, fact: Fact) -> None:
    says = fact.says
    parts = ("payment", "deliverable", "option", "condition", "conflict")
    part = next(one for one in parts if one in says)
    after: dict[str, Any] = {}
    match fact.name:
        case "PaymentEarned":
            after = {"status": "earned", "until": day(says["due_on"])}
            after["amount"] = money(says["amount"])
        case "DeliverableReceived":
            after = {"status": "received", "on_day": day(says["received_on"])}
        case "DeliverableAccepted":
            after = {"status": "accepted", "on_day": day(says["accepted_on"])}
        case "DeliverableRejected":
            after = {"status": "rejected", "until": day(says["cure_by"]), "note": says["reason"]}
        case "OptionExercised":
            after = {"status": "exercised", "on_day": day(says["exercised_on"])}
            after["amount"] = money(says["price"])
        case "OptionExtended":
            after = {"status": "extended", "until": day(says["exercise_by"])}
            after["amount"] = money(says["price"])
        case "OptionLapsed":
            after = {"status": "lapsed", "until": day(says["exercise_by"])}
        case "ConditionMet":
            after = {"status": "met", "on_day": fact.at.date()}
        case "EngagementConflicted":
            after = {"status": "open", "on_day": fact.at.date(), "until": None}
            after["note"] = says["problem"]
        case "ConflictResolved":
            after = {"status": "resolved", "until": fact.at.date()}
    _standing(tables, says["contract"], part, says[part]).update(after)
