"""What is planned, approved, promised and spent, account by account."""

from decimal import Decimal
from typing import Any

from tests.journey.naive.telling import ZERO, Fact, Row, Tables, day, money, row, rows

AMOUNTS = ("working", "original", "approved", "overage", "committed", "cost_to_date")


def hear(tables: Tables, fact: Fact) -> None:
    """Changes the rows as one fact of the budget log says."""
    if fact.log != "budget":
        return
    for one in fact.says.get("categories", ()):
        row(tables, "category", {"category": one["category"]}).update(one)
    if fact.name.startswith("Budget"):
        _version(tables, fact.name, fact.says)
    elif fact.name.startswith("Line"):
        _plan(tables, fact.name, fact.says)
    elif fact.name.startswith("Overage"):
        _overage(tables, fact.name, fact.says)
    elif fact.name == "HotCostBaseSet":
        _hot(tables, fact.says)
    else:
        _money(tables, fact.name, fact.says)


def account(tables: Tables, number: str) -> Row:
    blank = {
        "category": None,
        "estimate_basis": None,
        "estimate": None,
        "estimate_overage": ZERO,
        **dict.fromkeys(AMOUNTS, ZERO),
    }
    return row(tables, "account", {"account": number}, blank)


def _version(tables: Tables, name: str, says: dict[str, Any]) -> None:
    budget = row(tables, "budget", {}, {"locked_version": None})
    match name:
        case "BudgetDrafted":
            budget |= {"currency": says["currency"], "phase": "draft", "version": 1}
        case "BudgetSubmitted":
            budget |= {"phase": "submitted", "version": says["version"]}
        case "BudgetReturned":
            budget |= {"phase": "draft", "version": says["version"] + 1}
        case "BudgetReopened":
            budget |= {"phase": "draft", "version": says["version"]}
        case "BudgetLocked":
            totals = {one["account"]: Decimal(one["total"]) for one in says["accounts"]}
            first = budget["locked_version"] is None
            for one in rows(tables, "account"):
                one["approved"] = totals.get(one["account"], ZERO)
                one["overage"] = one["estimate_overage"] = ZERO
                if first:
                    one["original"] = one["approved"]
            version = says["version"]
            budget |= {"phase": "locked", "version": version, "locked_version": version}


def _plan(tables: Tables, name: str, says: dict[str, Any]) -> None:
    match name:
        case "LineAdded":
            _line(tables, says["line"])
        case "LinesImported":
            for line in says["lines"]:
                _line(tables, line)
        case "LineRevised":
            _take_out(tables, says["before"])
            _line(tables, says["after"])
        case "LineRemoved":
            _take_out(tables, says["line"])


def _line(tables: Tables, line: dict[str, Any]) -> None:
    amounts = {name: Decimal(line[name]) for name in ("amount", "x", "rate", "subtotal")}
    row(tables, "line", {"line": line["line"]}).update(line | amounts | {"removed": False})
    in_account = account(tables, line["account"])
    in_account["working"] += amounts["subtotal"]
    in_account["category"] = line["category"]


def _take_out(tables: Tables, line: dict[str, Any]) -> None:
    account(tables, line["account"])["working"] -= Decimal(line["subtotal"])
    row(tables, "line", {"line": line["line"]})["removed"] = True


def _money(tables: Tables, name: str, says: dict[str, Any]) -> None:
    match name:
        case "CommitmentRaised":
            account(tables, says["account"])["committed"] += Decimal(says["amount"])
        case "CommitmentClosed":
            account(tables, says["account"])["committed"] -= Decimal(says["released"])
        case "CostPosted":
            _spend(tables, says, Decimal(says["amount"]))
            account(tables, says["account"])["committed"] -= Decimal(says["relieved"])
        case "CostReversed":
            _spend(tables, says, -Decimal(says["amount"]))
            account(tables, says["account"])["committed"] += Decimal(says["restored"])
        case "EstimateSet":
            one = account(tables, says["account"])
            one |= {"estimate_basis": says["basis"], "estimate": Decimal(says["value"])}
            one["estimate_overage"] = one["overage"]


def _spend(tables: Tables, says: dict[str, Any], amount: Decimal) -> None:
    account(tables, says["account"])["cost_to_date"] += amount
    key = {"account": says["account"], "incurred_on": day(says["incurred_on"])}
    row(tables, "day_cost", key, {"amount": ZERO})["amount"] += amount


def _overage(tables: Tables, name: str, says: dict[str, Any]) -> None:
    if name == "OverageThresholdSet":
        return
    one = row(tables, "overage", {"overage": says["overage"]})
    match name:
        case "OverageForecast":
            amounts = {name: money(says[name]) for name in ("amount", "approved", "efc")}
            known = {name: says[name] for name in ("number", "cause", "reason")}
            answer = dict.fromkeys(("request", "refused_by", "refusal"))
            one.update(state="open", **amounts, **known, **answer)
            for part in says["accounts"]:
                key = {"overage": says["overage"], "account": part["account"]}
                row(tables, "overage_account", key)["total"] = Decimal(part["total"])
        case "OverageApproved":
            one.update(state="approved", request=says["request"])
            for part in says["accounts"]:
                needed = account(tables, part["account"])
                needed["approved"] += Decimal(part["total"])
                needed["overage"] += Decimal(part["total"])
        case "OverageRefused":
            one.update(state="refused", request=says["request"])
            one.update(refused_by=says["by"], refusal=says["reason"])


def _hot(tables: Tables, says: dict[str, Any]) -> None:
    versions = {name: says[name] for name in ("schedule_version", "budget_version")}
    row(tables, "hot_base", {}).update(versions, total=Decimal(says["total"]))
    for one in says["days"]:
        row(tables, "hot_day", versions | {"day": one["day"]}).update(
            shot_on=day(one["on"]), eighths=one["eighths"], budgeted=Decimal(one["budgeted"])
        )
