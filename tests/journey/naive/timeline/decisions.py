"""What is asked and decided, what audiences said, and money over the budget."""

from decimal import Decimal

from tests.journey.naive.telling import Fact, Row, Tables, day, row

SHARES = ("top_two_box", "definite_recommend", "margin")


def hear(tables: Tables, fact: Fact) -> None:
    if fact.log == "approval" and "screening" in fact.says:
        _screening(tables, fact)
    elif fact.log == "approval" and "request" in fact.says:
        _approval(tables, fact)
    elif fact.log == "budget" and "overage" in fact.says:
        _overage(tables, fact)


def _approval(tables: Tables, fact: Fact) -> None:
    says, on = fact.says, fact.holds_from.date()
    if "subject" not in says:
        return
    subject = {f"subject_{name}": says["subject"][name] for name in ("kind", "name", "version")}
    never = dict.fromkeys(("due_on", "asked_on", "decided_on", "reason"))
    blank: Row = subject | never | {"status": "open", "fell_due": False}
    request = row(tables, "approval", {"request": says["request"]}, blank)
    match fact.name:
        case "ApprovalRequested":
            request |= {"due_on": day(says["due_on"]), "asked_on": on}
        case "ApprovalGranted":
            request |= {"status": "granted", "decided_on": on, "reason": says["note"]}
        case "ApprovalRefused":
            request |= {"status": "refused", "decided_on": on, "reason": says["reason"]}
        case "ApprovalVoided":
            request |= {"status": "voided", "decided_on": on, "reason": says["reason"]}
        case "ApprovalFellDue":
            request |= {"due_on": day(says["due_on"]), "fell_due": True}


def _screening(tables: Tables, fact: Fact) -> None:
    says = fact.says
    never = ("held_on", "place", "audience", "answers", *SHARES, "decision", "reason")
    cut = {"cut_name": says["cut"]["name"], "cut_version": says["cut"]["version"]}
    one = row(tables, "screening", {"screening": says["screening"]}, cut | dict.fromkeys(never))
    match fact.name:
        case "CutScreened":
            one |= {"held_on": day(says["held_on"])}
            one |= {name: says[name] for name in ("place", "audience")}
        case "ScoresRecorded":
            one |= {name: Decimal(says[name]) for name in SHARES}
            one["answers"] = says["answers"]
        case "ScreeningDecided":
            one |= {name: says[name] for name in ("decision", "reason")}


def _overage(tables: Tables, fact: Fact) -> None:
    says = fact.says
    one = row(tables, "overage", {"overage": says["overage"]})
    one["amount"] = Decimal(says["amount"])
    match fact.name:
        case "OverageForecast":
            one |= {name: says[name] for name in ("number", "cause", "reason")}
            one["status"] = "forecast"
        case "OverageApproved":
            one["status"] = "approved"
        case "OverageRefused":
            one["status"] = "refused"
