"""What each read model answers, by the names that its figures have: asked of the functions that
make the answers."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from projections.budget_status.answers import By
from projections.budget_status.hot_costs import hot_costs
from projections.budget_status.report import overages, planned, table, total
from projections.budget_status.rows import Line
from projections.contracts.rows import Deal
from projections.contracts.telling import whole
from projections.day_out_of_days.boards import dated
from projections.day_out_of_days.report import days_of, elements_of, totals_of
from projections.inbox.items import Desk
from projections.inbox.team import Team
from projections.inbox.telling import items_of as inbox_items
from projections.obligations.telling import obligations, totals
from projections.timeline.items import items_of
from projections.timeline.network import network
from projections.timeline.summary import behind_of, conflicts_of, overages_of, summary_of
from runtime.explaining.figures import Asker
from runtime.view import Rows

Shown = Iterator[tuple[str, Any]]
COSTS = (
    *("working", "original", "approved", "committed", "cost_to_date"),
    *("total_cost", "etc", "efc", "variance"),
)


def budget_status(rows: Rows, asker: Asker) -> Shown:
    for by in By:
        for row in table(rows, by):
            yield from _some(f"{by}/{row['key']}", row, *COSTS)
    yield from _some("total", total(rows).shown(), *COSTS)
    for line in rows.all(Line):
        if not line.removed:
            yield f"line/{line.line}/subtotal", planned(line)["subtotal"]
    for one in overages(rows):
        place = f"overage/{one['overage']}"
        yield from _some(place, one, "amount", "approved_budget", "efc")
        for part in one["accounts"]:
            yield f"{place}/account/{part['account']}", part["amount"]
    hot = hot_costs(rows, asker.currency)
    for day in hot["rows"]:
        yield from _some(f"hot-cost/{day['day']}", day, "budgeted", "actual", "variance")
    yield from _some("hot-cost/to_date", hot["to_date"], "budgeted", "actual", "variance")
    yield from _some("hot-cost", hot, "days_left", "trend", "on_other_days")
    if hot["base"] is not None:
        yield "hot-cost/base", hot["base"]["total"]


def timeline(rows: Rows, asker: Asker) -> Shown:
    times = network(rows)
    items = items_of(rows, times)
    for item in plain(items):
        place = f"{item['kind']}/{item['id']}"
        for name in ("baseline", "forecast", "actual"):
            span = item[name] or {"starts_on": None, "ends_on": None}
            yield f"{place}/{name}", span["ends_on"]
            if item["kind"] in ("task", "engagement", "release-window") and name != "actual":
                yield f"{place}/{name}_start", span["starts_on"]
        if item["kind"] not in ("approval", "screening"):
            yield f"{place}/slip", item["slip_days"]
        if item["kind"] in ("milestone", "task", "shoot-day"):
            yield f"{place}/slack", item["total_slack_days"]
            yield f"{place}/critical", item["critical"]
        for name, value in item["detail"].items():
            # Text is no figure, but for dates, pages and shares.
            counts = not isinstance(value, str | bool | None) or name.endswith(("_on", "_by"))
            if counts and name not in ("amount", "price", "needed_by"):
                yield f"{place}/{name}", value
            elif name in ("amount", "price") and asker.fees:
                yield f"{place}/{name}", value
    told = plain(summary_of(rows, times, items))
    for mark in ("photography_start", "wrap", "delivery"):
        yield from _some(mark, told[mark], "baseline", "forecast", "actual")
        yield f"{mark}/slip", told[mark]["slip_days"]
    yield "finish/slip", told["finish_slip_days"]
    yield from _some("schedule", told, "version", "locked_version")
    counts = ("shoot_days_wrapped", "shoot_days_planned", "eighths_shot", "eighths_planned")
    yield from ((name, told[name]) for name in (*counts, "pages_shot", "pages_planned"))
    if (behind := plain(behind_of(rows))) is not None:
        yield from _some("behind", behind, *behind)
    yield "overages/open", len(overages_of(rows))
    yield from ((f"overage/{one.overage}/amount", one.amount) for one in overages_of(rows))
    yield "conflicts/open", len(conflicts_of(rows))
    for one in conflicts_of(rows):
        yield f"conflict/{one.contract}/{one.conflict}/days", len(one.days)


def obligations_(rows: Rows, asker: Asker) -> Shown:
    told = obligations(rows, asker.now, asker.fees)
    for one in plain(told):
        place = f"{one['kind']}/{one['contract']}/{one['id']}"
        yield f"{place}/status", one["status"]
        yield f"{place}/due_on", one["due_on"]
        names = ("since", "due_at", "starts_on", "handed_over", "amount", "paid")
        yield from ((f"{place}/{name}", one[name]) for name in names if one[name] is not None)
    for one in totals(told):
        place = f"total/{one['by']}/{one['currency']}"
        yield from _some(place, one, "owed", "overdue", "to_be_earned", "paid")


def contracts(rows: Rows, asker: Asker) -> Shown:
    money = ("amount", "committed", "paid") if asker.fees else ()
    for deal in rows.all(Deal):
        place, told = f"deal/{deal.contract}", plain(whole(rows, deal, asker.fees))
        names = ("state", "since", "expires_at", "version", "executed_version", "executed_on")
        yield from _some(place, told, *names, "terms_version", "open_conflicts")
        if asker.fees:
            yield from _some(place, told, "fee", "paid")
        for one in told["versions"]:
            yield f"{place}/version/{one['version']}/put_at", one["put_at"]
        for one in told["payments"]:
            yield from _some(f"{place}/payment/{one['payment']}", one, "due_on", "status", *money)
        for one in told["options"]:
            yield from _some(f"{place}/option/{one['id']}", one, "until", "on", *money[:1])
        for part in ("deliverable", "conflict"):
            for one in told[f"{part}s"]:
                yield from _some(f"{place}/{part}/{one['id']}", one, "until", "on")
        for one in told["conditions"]:
            yield f"{place}/condition/{one['condition']}/met_on", one["met_on"]


def day_out_of_days(rows: Rows, asker: Asker) -> Shown:
    board = dated(rows, None, None, None)
    days = days_of(rows, board)
    yield from plain(totals_of(days)).items()
    for one in plain(days):
        yield from _some(f"day/{one['day']}", one, "on", "eighths")
    for one in plain(elements_of(rows, board, cast=False)):
        names = ("start", "finish", "span_days", "work_days", "hold_days", "idle_days")
        yield from _some(f"element/{one['element']}", one, *names, "drop_days")


def inbox(rows: Rows, asker: Asker) -> Shown:
    team = Team(rows, asker.now.date())
    desk = Desk("", "", asker.currency, rows, team, asker.now, asker.fees)
    items = plain(sorted(inbox_items(desk), key=lambda one: one["since"]))
    whom = {name: "person" for one in items for name in _people(one)}
    yield from _waiting("all", items)
    for kind in {one["kind"] for one in items}:
        yield from _waiting(f"kind/{kind}", [one for one in items if one["kind"] == kind])
    for person in whom:
        mine = [one for one in items if person in _people(one)]
        yield from _waiting(f"person/{person}", mine)


def _people(item: Any) -> set[str]:
    return {one["person"] for one in item["for_people"]}


def _waiting(place: str, items: list[Any]) -> Shown:
    yield f"{place}/waiting", len(items)
    yield f"{place}/oldest", items[0]["since"] if items else None


def _some(place: str, told: Any, *names: str) -> Shown:
    return ((f"{place}/{name}", told[name]) for name in names)


def plain(value: Any) -> Any:
    """As JSON has it."""
    return orjson.loads(orjson.dumps(value))


SHOWN: dict[str, Callable[[Rows, Asker], Shown]] = {
    "budget_status": budget_status,
    "contracts": contracts,
    "day_out_of_days": day_out_of_days,
    "inbox": inbox,
    "obligations": obligations_,
    "timeline": timeline,
}
