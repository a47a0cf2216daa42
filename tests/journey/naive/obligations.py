"""What each side of a deal owes the other: offers to answer, payments, deliverables, rights."""

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

Duties = dict[tuple[str, str], Row]


def hear(tables: Tables, fact: Fact) -> None:
    """Changes the rows as one fact of the contract or budget log says."""
    says = fact.says
    if fact.name in ("CostPosted", "CostReversed") and says["commitment"] is not None:
        paid = row(tables, "paid", {"commitment": says["commitment"]}, {"amount": ZERO})
        paid["amount"] += Decimal(says["amount"]) * (1 if fact.name == "CostPosted" else -1)
    if fact.log != "contract" or "contract" not in says:
        return
    if fact.name.startswith("Offer"):
        _offer(tables, fact)
    elif fact.name.startswith("Contract"):
        _deal(tables, fact)
    else:
        _duty(tables, fact)


def of(tables: Tables, contract: str) -> list[Row]:
    return [one for one in rows(tables, "duty") if one["contract"] == contract]


def blank(owed_by: str, name: str, since: Any) -> Row:
    never = ("due_on", "due_at", "starts_on", "upon", "handed_over", "amount", "currency", "note")
    known = {"owed_by": owed_by, "name": name, "since": since, "status": "open", "earned": False}
    return known | dict.fromkeys(never)


def _deal(tables: Tables, fact: Fact) -> None:
    says = fact.says
    deal = row(tables, "deal", {"contract": says["contract"]}, {"name": None, "version": 0})
    match fact.name:
        case "ContractDrafted":
            deal.update({name: says[name] for name in ("kind", "title", "party", "name")})
        case "ContractExecuted":
            deal.update({name: says[name] for name in ("kind", "title", "party", "version")})
            _sign(tables, fact, deal["kind"], says["terms"])
        case "ContractAmended":
            deal["version"] = says["version"]
            _sign(tables, fact, deal["kind"], says["after"])
        case "ContractTerminated":
            for duty in of(tables, says["contract"]):
                kept = duty["kind"] == "payment" and duty["id"] in says["owed"]
                if duty["status"] == "open" and not kept:
                    duty["status"] = "released"
        case "ContractExpired":
            for duty in of(tables, says["contract"]):
                if duty["status"] == "open":
                    duty["status"] = "lapsed"


def _sign(tables: Tables, fact: Fact, kind: str, terms: dict[str, Any]) -> None:
    """What is signed is owed. What was owed before and is named no more falls away; of the rest
    everything that has happened stands, with the day that came of it where nobody moved it.
    What fell away and is named again is owed anew."""
    owed = _owed(fact, kind, terms)
    for duty in of(tables, fact.says["contract"]):
        if duty["status"] == "released":
            continue
        now = owed.pop((duty["kind"], duty["id"]), None)
        if now is not None:
            happened = ["since", "status", "earned", "handed_over", "note"]
            may_stand = fact.name == "ContractAmended" and duty["kind"] in LAST_DAYS
            stands = may_stand and not is_moved(fact, duty["kind"], duty["id"])
            happened += ["due_on"] * (duty["earned"] or stands)
            duty.update(now | {name: duty[name] for name in happened})
        elif duty["kind"] != "offer" and duty["status"] == "open":
            duty["status"] = "released"
    for (what, id_), one in owed.items():
        key = {"contract": fact.says["contract"], "kind": what, "id": id_}
        row(tables, "duty", key).update(one)


def _owed(fact: Fact, kind: str, terms: dict[str, Any]) -> Duties:
    """Who sells the film owes it to the distributor, who pays for it; in every other deal it is the
    production that pays."""
    pays, hands_over = ("party", "production"), ("production", "party")
    payer, maker = pays if kind == "distribution" else hands_over
    owed: Duties = {}
    for one in terms["payments"]:
        owed["payment", one["payment"]] = blank(payer, f"payment {one['payment']}", fact.at) | {
            "due_on": day(one["due_on"]),
            "upon": one["upon"],
            "amount": money(one["amount"]),
            "currency": terms["currency"],
        }
    for one in terms["deliverables"]:
        due = {"due_on": day(one["due_on"])}
        owed["deliverable", one["deliverable"]] = blank(maker, one["name"], fact.at) | due
    for one in terms["options"]:
        owed["option", one["option"]] = blank(payer, one["right"], fact.at) | {
            "due_on": day(one["exercise_by"]),
            "amount": money(one["price"]),
            "currency": terms["currency"],
        }
    for one in terms["windows"]:
        where = f"{one['medium']} in {one['territory']}, "
        how = "exclusively" if one["exclusive"] else "beside others"
        window = f"{one['territory'][:60]} {one['medium']} {one['opens_on']}"
        owed["window", window] = blank("production", where + how, fact.at) | {
            "due_on": day(one["closes_on"]),
            "starts_on": day(one["opens_on"]),
        }
    return owed


def _offer(tables: Tables, fact: Fact) -> None:
    """One offer stands at a time, and the other side owes an answer to it."""
    says = fact.says
    becomes = {"OfferMade": "released", "OfferWithdrawn": "released", "OfferLapsed": "lapsed"}
    for duty in of(tables, says["contract"]):
        if duty["kind"] == "offer" and duty["status"] == "open":
            duty["status"] = becomes.get(fact.name, "met")
    if fact.name in ("OfferMade", "OfferCountered"):
        by = says.get("by", "production")
        answers = "party" if by == "production" else "production"
        key = {"contract": says["contract"], "kind": "offer", "id": f"v{says['version']}"}
        until = moment(says["expires_at"])
        assert until is not None
        row(tables, "duty", key).update(
            blank(answers, f"answer to the offer of version {says['version']}", fact.at),
            due_on=until.date(),
            due_at=until,
        )


def _duty(tables: Tables, fact: Fact) -> None:
    """What happens to one thing that is owed."""
    says = fact.says
    kinds = [kind for kind in ("payment", "deliverable", "option") if kind in says]
    if not kinds or (says["contract"], kinds[0], says[kinds[0]]) not in tables.get("duty", {}):
        return
    duty = tables["duty"][says["contract"], kinds[0], says[kinds[0]]]
    match fact.name:
        case "PaymentEarned":
            duty |= {"due_on": day(says["due_on"]), "amount": money(says["amount"])}
            duty["earned"] = True
        case "DeliverableReceived":
            duty |= {"handed_over": day(says["received_on"]), "note": None}
        case "DeliverableAccepted" | "OptionExercised":
            duty["status"] = "met"
        case "DeliverableRejected":
            duty |= {"handed_over": None, "due_on": day(says["cure_by"]), "note": says["reason"]}
        case "OptionExtended":
            duty["due_on"] = day(says["exercise_by"])
        case "OptionLapsed":
            duty["status"] = "lapsed"
