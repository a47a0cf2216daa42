"""The rows of a budget status as plain dicts, folded from a trail: a second opinion on the view.

Shares no code with Reel. Amounts become Decimals, and nothing else is known of the events than
what their JSON shows.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)

Table = dict[str, dict[str, Any]]


def folded(trail: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """`budget`, `category`, `account`, `line`, `overage` and `day_cost`, each by key, from the
    budget log's trail."""
    budget: dict[str, Any] = {}
    categories: Table = {}
    accounts: Table = {}
    lines: Table = {}
    overages: Table = {}
    day_costs: dict[tuple[str, str], Decimal] = {}

    def account(number: str) -> dict[str, Any]:
        blank = {"account": number, "category": None, "estimate_basis": None, "estimate": None}
        amounts = ("working", "original", "approved", "committed", "cost_to_date")
        amounts += ("overage", "estimate_overage")
        return accounts.setdefault(number, blank | dict.fromkeys(amounts, ZERO))

    def plan(line: dict[str, Any], sign: int) -> None:
        account(line["account"])["working"] += sign * Decimal(line["subtotal"])
        if sign > 0:
            account(line["account"])["category"] = line["category"]
            amounts = {name: Decimal(line[name]) for name in ("amount", "x", "rate", "subtotal")}
            lines[line["line"]] = line | amounts | {"removed": False}
        else:
            lines[line["line"]]["removed"] = True

    def spend(data: dict[str, Any], sign: int) -> None:
        amount = sign * Decimal(data["amount"])
        account(data["account"])["cost_to_date"] += amount
        key = (data["account"], data["incurred_on"])
        day_costs[key] = day_costs.get(key, ZERO) + amount

    for entry in trail:
        kind, data = entry["type"].partition(".")[2], entry["data"]
        for category in data.get("categories", ()):
            categories[category["category"]] = category
        if kind == "BudgetDrafted":
            budget |= {"currency": data["currency"], "phase": "draft", "version": 1}
            budget["locked_version"] = None
        elif kind == "LineAdded":
            plan(data["line"], 1)
        elif kind == "LinesImported":
            for line in data["lines"]:
                plan(line, 1)
        elif kind == "LineRevised":
            plan(data["before"], -1)
            plan(data["after"], 1)
        elif kind == "LineRemoved":
            plan(data["line"], -1)
        elif kind == "BudgetSubmitted":
            budget |= {"phase": "submitted", "version": data["version"]}
        elif kind == "BudgetReturned":
            budget |= {"phase": "draft", "version": data["version"] + 1}
        elif kind == "BudgetReopened":
            budget |= {"phase": "draft", "version": data["version"]}
        elif kind == "BudgetLocked":
            for one in accounts.values():
                one["approved"] = one["working"]
                one["overage"] = one["estimate_overage"] = ZERO
                if budget["locked_version"] is None:
                    one["original"] = one["working"]
            version = data["version"]
            budget |= {"phase": "locked", "version": version, "locked_version": version}
        elif kind == "CommitmentRaised":
            account(data["account"])["committed"] += Decimal(data["amount"])
        elif kind == "CommitmentClosed":
            account(data["account"])["committed"] -= Decimal(data["released"])
        elif kind == "CostPosted":
            spend(data, 1)
            account(data["account"])["committed"] -= Decimal(data["relieved"])
        elif kind == "CostReversed":
            spend(data, -1)
            account(data["account"])["committed"] += Decimal(data["restored"])
        elif kind == "EstimateSet":
            account(data["account"])["estimate_basis"] = data["basis"]
            account(data["account"])["estimate"] = Decimal(data["value"])
            account(data["account"])["estimate_overage"] = account(data["account"])["overage"]
        elif kind == "OverageForecast":
            amount = Decimal(data["amount"])
            overages[data["overage"]] = {"state": "open", "amount": amount}
        elif kind == "OverageApproved":
            overages[data["overage"]]["state"] = "approved"
            for part in data["accounts"]:
                account(part["account"])["approved"] += Decimal(part["total"])
                account(part["account"])["overage"] += Decimal(part["total"])
        elif kind == "OverageRefused":
            overages[data["overage"]]["state"] = "refused"
    return {
        "budget": budget,
        "category": categories,
        "account": accounts,
        "line": lines,
        "overage": overages,
        "day_cost": day_costs,
    }
