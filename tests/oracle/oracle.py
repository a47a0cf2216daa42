"""Independent recomputation of the cost report from two CSV files.

    python tests/oracle/oracle.py BUDGET.csv COSTS.csv

Shares no code with Reel; short enough to check by eye. Money is worked out per account
and then added up to categories, levels and the total. Variance: positive = under budget.
"""

import csv
import json
import sys
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
NAMES = [
    "working",
    "original",
    "approved",
    "committed",
    "cost_to_date",
    "total_cost",
    "etc",
    "efc",
    "variance",
]


def read(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def check(condition, what):
    if not condition:
        raise ValueError(what)


def plan(path):
    """Return {account: working}, {account: category}, {category: level}."""
    working, category_of, level_of = {}, {}, {}
    for row in read(path):
        x = Decimal(row["x"]) if row["x"] else Decimal(1)
        exact = Decimal(row["amount"]) * x * Decimal(row["rate"])
        subtotal = exact.quantize(CENT, rounding=ROUND_HALF_UP)
        check(subtotal == Decimal(row["subtotal"]), "wrong subtotal on line " + row["line"])
        account = row["account"]
        working[account] = working.get(account, ZERO) + subtotal
        category_of[account] = row["category"]
        level_of[row["category"]] = row["level"]
    return working, category_of, level_of


def costs(path):
    """Return {account: committed}, {account: cost to date}, {account: (basis, value)}."""
    open_balance, commitment_on, closed = {}, {}, set()  # by commitment reference
    posts, reversed_posts = {}, set()  # by post reference
    cost_to_date, latest = {}, {}  # by account
    for row in read(path):
        entry, ref, account, against = (
            row["entry"],
            row["reference"],
            row["account"],
            row["against"],
        )
        amount = Decimal(row["amount"]) if row["amount"] else None
        if entry == "commit":
            check(ref not in open_balance and amount > 0, "bad commit " + ref)
            open_balance[ref] = amount
            commitment_on[ref] = account
        elif entry == "post":
            check(ref not in posts and amount > 0, "bad post " + ref)
            if against:
                check(commitment_on[against] == account, "post on another account " + ref)
                check(amount <= open_balance[against], "post above the open balance " + ref)
                open_balance[against] -= amount
            posts[ref] = row
            cost_to_date[account] = cost_to_date.get(account, ZERO) + amount
        elif entry == "reverse":
            post = posts[against]
            check(against not in reversed_posts, "reversed twice " + ref)
            check(
                post["account"] == account and Decimal(post["amount"]) == amount,
                "bad reverse " + ref,
            )
            reversed_posts.add(against)
            cost_to_date[account] -= amount
            commitment = post["against"]
            if commitment and commitment not in closed:
                open_balance[commitment] += amount
        elif entry == "close":
            check(commitment_on[against] == account and against not in closed, "bad close " + ref)
            closed.add(against)
            open_balance[against] = ZERO
        elif entry == "estimate":
            check(against in ("etc", "efc", "variance"), "bad estimate " + ref)
            latest[account] = (against, amount)
        else:
            raise ValueError("unknown entry " + entry)

    committed = {}
    for ref, balance in open_balance.items():
        account = commitment_on[ref]
        committed[account] = committed.get(account, ZERO) + balance
    return committed, cost_to_date, latest


def estimate(approved, total_cost, latest):
    """Return (etc, efc) of one account."""
    if latest is None:
        etc = max(ZERO, approved - total_cost)
        return etc, total_cost + etc
    basis, value = latest
    if basis == "etc":
        return value, total_cost + value
    if basis == "efc":
        efc = max(value, total_cost)
    else:
        efc = max(approved - value, total_cost)
    return efc - total_cost, efc


def add(into, key, figures_of_one):
    row = into.setdefault(key, {name: ZERO for name in NAMES})
    for name in NAMES:
        row[name] += figures_of_one[name]


def text(row):
    return {name: str(row[name].quantize(CENT)) for name in NAMES}


def figures(budget_path, costs_path):
    working, category_of, level_of = plan(budget_path)
    committed, cost_to_date, latest = costs(costs_path)
    by_account, by_category, by_level, total = {}, {}, {}, {}

    for account in sorted(set(working) | set(committed) | set(cost_to_date) | set(latest)):
        row = {}
        row["working"] = row["original"] = row["approved"] = working.get(account, ZERO)
        row["committed"] = committed.get(account, ZERO)
        row["cost_to_date"] = cost_to_date.get(account, ZERO)
        row["total_cost"] = row["cost_to_date"] + row["committed"]
        row["etc"], row["efc"] = estimate(row["approved"], row["total_cost"], latest.get(account))
        row["variance"] = row["approved"] - row["efc"]

        category = category_of.get(account)
        if category is None:  # cost without a plan line: 3611 belongs to 3600
            category = [c for c in sorted(level_of) if c[:2] == account[:2]][0]
        add(by_account, account, row)
        add(by_category, category, row)
        add(by_level, level_of[category], row)
        add(total, "total", row)

    return {
        "account": {k: text(v) for k, v in by_account.items()},
        "category": {k: text(v) for k, v in by_category.items()},
        "level": {k: text(v) for k, v in by_level.items()},
        "total": text(total["total"]),
    }


if __name__ == "__main__":
    print(json.dumps(figures(sys.argv[1], sys.argv[2]), indent=2))
