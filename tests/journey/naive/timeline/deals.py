"""What deals engage, owe, option, release and deliver when: by the terms that were signed, before
that by those last spoken of."""

from collections import Counter
from hashlib import sha256
from typing import Any

from tests.journey.naive.telling import (
    LAST_DAYS,
    Fact,
    Row,
    Tables,
    day,
    is_moved,
    money,
    row,
    rows,
)

TALKS = {
    "ContractDrafted": "proposed",
    "TermsRedrafted": "proposed",
    "OfferMade": "proposed",
    "OfferCountered": "proposed",
    "OfferAccepted": "agreed",
    "OfferLapsed": "proposed",
    "OfferWithdrawn": "proposed",
}
ENDS = {
    "ContractTerminated": "terminated",
    "ContractCompleted": "completed",
    "ContractExpired": "expired",
}
PARTS = ("engagement", "payment", "option_window", "release_window", "deliverable")


def hear(tables: Tables, fact: Fact) -> None:
    says = fact.says
    deal = row(tables, "deal", {"contract": says["contract"]}, {"signed": False})
    if fact.name in TALKS and not deal["signed"]:
        deal |= {name: says[name] for name in ("title", "kind") if name in says}
        deal["phase"] = TALKS[fact.name]
        if "terms" in says:
            _speak(tables, fact, says["terms"], signed=False)
    elif fact.name in ("ContractExecuted", "ContractAmended"):
        deal |= {"phase": "executed", "signed": True}
        _speak(tables, fact, says.get("terms", says.get("after")), signed=True)
    elif fact.name in ENDS:
        deal["phase"] = ENDS[fact.name]
        for payment in says.get("released", ()):
            tables["payment"][says["contract"], payment]["released"] = True
    else:
        _happen(tables, fact)


def _speak(tables: Tables, fact: Fact, terms: dict[str, Any], *, signed: bool) -> None:
    """What the terms name stands as they have it, and what they name no more is gone."""
    contract = fact.says["contract"]
    for table in PARTS:
        for one in rows(tables, table):
            one["gone"] = one["gone"] or one["contract"] == contract
    if terms["engagement"] is not None:
        _engagement(tables, fact, terms["engagement"], signed)
    for one in terms["payments"]:
        _payment(tables, fact, one, terms["currency"], signed)
    for one in terms["options"]:
        key = {"contract": contract, "option": one["option"]}
        option = row(tables, "option_window", key, {"exercised_on": None, "lapsed": False})
        _dated(option, fact, signed, _last_day(option, fact, "option", one), "baseline")
        option |= {"right_to": one["right"], "price": money(one["price"])}
        option["needed_by"] = one["needed_by"]
    seen: Counter[tuple[str, str]] = Counter()
    for one in terms["windows"]:
        seen[one["territory"], one["medium"]] += 1
        _window(tables, fact, one, seen[one["territory"], one["medium"]], signed)
    for one in terms["deliverables"]:
        key = {"contract": contract, "deliverable": one["deliverable"]}
        blank = {"status": "due", "received_on": None, "accepted_on": None, "reason": None}
        deliverable = row(tables, "deliverable", key, blank)
        _dated(
            deliverable, fact, signed, _last_day(deliverable, fact, "deliverable", one), "baseline"
        )
        deliverable["name"] = one["name"]


def _last_day(one: Row, fact: Fact, part: str, said: Row) -> Row:
    """Its day as it is written now; if an amendment leaves that alone, as it stands."""
    _, name = LAST_DAYS[part]
    is_left = fact.name == "ContractAmended" and not is_moved(fact, part, said[part])
    return {name: one[name] if is_left and name in one else day(said[name])}


def _dated(one: Row, fact: Fact, signed: bool, dates: Row, *baselines: str) -> None:
    """The dates as they are now, what moved them last, and what was signed first. A span that had
    a beginning may get an end, or lose it: it has moved as well."""
    one.setdefault("cause", None)
    first, *_ = dates
    if one.get(first) is not None and any(one[name] != on for name, on in dates.items()):
        one["cause"] = fact.id
    one |= dates | {"gone": False}
    is_baseline = signed and one.get(baselines[0]) is None
    for baseline, on in zip(baselines, dates.values(), strict=True):
        one[baseline] = on if is_baseline else one.get(baseline)


def _engagement(tables: Tables, fact: Fact, said: dict[str, Any], signed: bool) -> None:
    one = row(tables, "engagement", {"contract": fact.says["contract"]})
    dates = {name: day(said[name]) for name in ("starts_on", "ends_on")}
    _dated(one, fact, signed, dates, "baseline_starts_on", "baseline_ends_on")
    one |= {name: said[name] for name in ("role", "firm", "element")}


def _payment(tables: Tables, fact: Fact, said: dict[str, Any], currency: str, signed: bool) -> None:
    """What was earned is due when that fact says, whatever is written later."""
    key = {"contract": fact.says["contract"], "payment": said["payment"]}
    one = row(tables, "payment", key, {"due_on": None, "earned": False, "released": False})
    earned = one["due_on"] if one["earned"] else None
    _dated(one, fact, signed, {"due_on": earned or day(said["due_on"])}, "baseline")
    one |= {"amount": money(said["amount"]), "currency": currency, "upon": said["upon"]}


def _window(tables: Tables, fact: Fact, said: dict[str, Any], nth: int, signed: bool) -> None:
    words = ("window", said["territory"], said["medium"], str(nth))
    key = {"contract": fact.says["contract"], "release": _id(*words)}
    one = row(tables, "release_window", key)
    dates = {name: day(said[name]) for name in ("opens_on", "closes_on")}
    _dated(one, fact, signed, dates, "baseline_opens_on", "baseline_closes_on")
    one |= {name: said[name] for name in ("territory", "medium", "exclusive")}


def _id(*words: str) -> str:
    """RFC 9562, version 8: of the SHA-256 of the words."""
    number = int.from_bytes(sha256("\x1f".join(words).encode()).digest()[:16], "big")
    number = number & ~(0xF << 76) | 8 << 76
    number = number & ~(0x3 << 62) | 2 << 62
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _happen(tables: Tables, fact: Fact) -> None:
    """What happens to a part of a deal."""
    says, contract = fact.says, fact.says["contract"]
    match fact.name:
        case "PaymentEarned":
            one = tables["payment"][contract, says["payment"]]
            one |= {"due_on": day(says["due_on"]), "amount": money(says["amount"])}
            one |= {"earned": True, "cause": fact.id}
        case "OptionExercised":
            one = tables["option_window"][contract, says["option"]]
            one |= {"exercised_on": day(says["exercised_on"]), "price": money(says["price"])}
        case "OptionExtended":
            one = tables["option_window"][contract, says["option"]]
            one |= {"exercise_by": day(says["exercise_by"]), "cause": fact.id}
        case "OptionLapsed":
            tables["option_window"][contract, says["option"]]["lapsed"] = True
        case "DeliverableReceived":
            one = tables["deliverable"][contract, says["deliverable"]]
            one |= {"status": "received", "received_on": day(says["received_on"])}
        case "DeliverableAccepted":
            one = tables["deliverable"][contract, says["deliverable"]]
            one |= {"status": "accepted", "accepted_on": day(says["accepted_on"])}
        case "DeliverableRejected":
            one = tables["deliverable"][contract, says["deliverable"]]
            one |= {"status": "rejected", "due_on": day(says["cure_by"])}
            one |= {"reason": says["reason"], "cause": fact.id}
        case "EngagementConflicted" | "ConflictResolved":
            key = {"contract": contract, "conflict": says["conflict"]}
            one = row(tables, "conflict", key, {"resolved": False})
            _conflict(one, fact)


def _conflict(one: Row, fact: Fact) -> None:
    if fact.name == "ConflictResolved":
        one["resolved"] = True
    else:
        one |= {"problem": fact.says["problem"], "cause": fact.says["cause"]}
        one |= {"days": ",".join(fact.says["days"]), "resolved": False}
