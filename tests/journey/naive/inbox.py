"""What waits, and for whom: the team, what was asked, deals and plans that somebody must move."""

from typing import Any

from tests.journey.naive.telling import Fact, Row, Tables, day, moment, money, row

PLANS = ("budget", "schedule")


def hear(tables: Tables, fact: Fact) -> None:
    """Changes the rows as one fact of any log says."""
    says = fact.says
    if fact.name == "ReactionRefused":
        row(tables, "refusal", {"log": fact.log, "event": fact.id}).update(says, at=fact.at)
    elif fact.log == "approval":
        _team(tables, fact)
        _request(tables, fact)
    elif fact.log == "contract" and "contract" in says:
        _deal(tables, fact)
        _matter(tables, fact)
    elif fact.name == "OverageForecast":
        known = {"number": says["number"], "reason": says["reason"]}
        row(tables, "overage", {"overage": says["overage"]}).update(known)
    elif fact.log in PLANS:
        _plan(tables, fact)


def _plan(tables: Tables, fact: Fact) -> None:
    """What came back waits to be mended until it is submitted again."""
    what = fact.log.capitalize()
    if fact.name == f"{what}Returned":
        known = {"version": fact.says["version"], "reason": fact.says["reason"]}
        row(tables, "returned", {"log": fact.log}).update(known, since=fact.at, open=True)
    elif fact.name == f"{what}Submitted" and (fact.log,) in tables.get("returned", {}):
        tables["returned"][fact.log,]["open"] = False


def _team(tables: Tables, fact: Fact) -> None:
    says = fact.says
    appointed = {name: says.get(name) for name in ("person", "role")}
    delegated = {name: says.get(name) for name in ("delegator", "delegate")}
    match fact.name:
        case "PersonAppointed":
            row(tables, "appointment", appointed).update(
                name=says["name"], starts=day(says["starts"]), ends=day(says["ends"])
            )
        case "AppointmentEnded":
            row(tables, "appointment", appointed)["ends"] = day(says["ends"])
        case "AuthorityDelegated":
            row(tables, "delegation", delegated).update(
                kinds=says["subject_kinds"], starts=day(says["starts"]), ends=day(says["ends"])
            )
        case "DelegationEnded":
            row(tables, "delegation", delegated)["ends"] = day(says["ends"])


def _request(tables: Tables, fact: Fact) -> None:
    says = fact.says
    if "request" not in says:
        return
    request = row(tables, "request", {"request": says["request"]})
    match fact.name:
        case "ApprovalRequested":
            subject = {name: says["subject"][name] for name in ("kind", "name", "version")}
            asked = {name: says[name] for name in ("requested_by", "rule")}
            request.update(subject | asked, amount=money(says["amount"]))
            request.update(asked_at=fact.at, step_since=fact.at, due_on=day(says["due_on"]))
            request.update(step=1, given=0, agreed=[], consulted=[], fell_due=False, closed=False)
        case "ConsultationGiven":
            _add(request["consulted"], says["by"])
        case "ApprovalGiven":
            _agreed(request, fact)
        case "ApprovalFellDue":
            request["fell_due"] = True
        case "ApprovalGranted" | "ApprovalRefused" | "ApprovalVoided":
            request["closed"] = True


def _agreed(request: Row, fact: Fact) -> None:
    """A step is over with the last of those that it needs."""
    _add(request["agreed"], fact.says["by"])
    if fact.says["given_for"] is not None:
        _add(request["agreed"], fact.says["given_for"])
    rule = request["rule"]
    needed = [rule["needed"], *(one["needed"] for one in rule["then"])]
    request["given"] += 1
    if request["given"] == needed[request["step"] - 1]:
        request.update(step=request["step"] + 1, given=0, step_since=fact.at)


def _add(people: list[str], one: str) -> None:
    if one not in people:
        people.append(one)


def _deal(tables: Tables, fact: Fact) -> None:
    says = fact.says
    offer = {"offered_by": None, "expires_at": None}
    blank = {"name": None, "since": None, "conditions": [], "met": [], "reason": None} | offer
    deal = row(tables, "deal", {"contract": says["contract"]}, blank | {"ended": False})
    stage: dict[str, Any] | None = None
    match fact.name:
        case "ContractDrafted":
            deal.update({name: says[name] for name in ("title", "party", "name")}, version=1)
            stage = {"stage": "draft"}
        case "TermsRedrafted" | "OfferLapsed" | "OfferWithdrawn":
            stage = {"stage": "draft"}
        case "OfferMade" | "OfferCountered":
            offer = {"offered_by": says.get("by", "production")}
            stage = {"stage": "offered", "expires_at": moment(says["expires_at"])}
        case "OfferAccepted":
            stage = {"stage": "agreed", "version": says["version"]}
        case "TermsSubmitted":
            stage = {"stage": "submitted"}
        case "TermsCleared":
            stage = {"stage": "cleared"}
        case "TermsWithdrawn":
            why = f"it was taken back from clearance: {says['reason']}"
            stage = {"stage": "spent", "reason": why}
        case "ClearanceRefused":
            stage = {"stage": "spent", "reason": f"its clearance was refused: {says['reason']}"}
        case "ContractExecuted" | "ContractAmended":
            stage = {"stage": "executed"}
        case "ContractTerminated" | "ContractCompleted" | "ContractExpired":
            stage = {"ended": True}
        case "ConditionMet":
            _add(deal["met"], says["condition"])
    if stage is not None:
        deal.update(offer, **stage, since=fact.at)
    if "terms" in says and fact.name != "ContractExecuted":
        deal.update(conditions=says["terms"]["conditions"], version=says.get("version", 1))


def _matter(tables: Tables, fact: Fact) -> None:
    """What was handed over waits to be judged, what no longer fits to be made to fit."""
    says = fact.says
    kind = "deliverable" if "deliverable" in says else "conflict"
    key = {"contract": says["contract"], "kind": kind, "id": says.get(kind)}
    match fact.name:
        case "DeliverableReceived":
            row(tables, "matter", key).update(what=key["id"], since=fact.at, open=True)
        case "EngagementConflicted":
            row(tables, "matter", key).update(what=says["problem"], since=fact.at, open=True)
        case "DeliverableAccepted" | "DeliverableRejected" | "ConflictResolved":
            row(tables, "matter", key)["open"] = False
