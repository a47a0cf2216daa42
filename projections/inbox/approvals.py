"""Approvals that wait: whose turn it is, who is to be asked for his view, and who is told."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from events.approval import Role, Rule, Step
from events.event import read_back
from projections.inbox.answers import Kind
from projections.inbox.items import Desk
from projections.inbox.rows import Deal, Overage, Request, listed

BUDGET, SCHEDULE, CONTRACT, OVERAGE = "budget", "schedule", "contract", "overage"


def approvals(desk: Desk) -> Iterator[dict[str, Any]]:
    """The items of every request that is open."""
    for request in desk.rows.all(Request):
        if request.closed:
            continue
        rule = read_back(Rule, request.rule)
        yield _turn(desk, request, rule)
        if rule.consult:
            yield from _consulted(desk, request, rule)
        if people := desk.team.holding(rule.notify):
            why = "told to you: nothing is asked of you"
            yield _about(desk, request, Kind.NOTIFY, why, roles=rule.notify, people=people)


def _turn(desk: Desk, request: Request, rule: Rule) -> dict[str, Any]:
    step = rule.steps[min(request.step, len(rule.steps)) - 1]
    people = desk.team.deciding(request, step.roles)
    missing = step.needed - request.given
    said = f"{missing} more must agree"
    if len(rule.steps) > 1:
        said += f" in step {request.step} of {len(rule.steps)}"
    if len(people) < missing:
        said += f", and {_too_few(people, step)}"
    return _about(
        desk,
        request,
        Kind.APPROVE,
        said,
        roles=step.roles,
        people=people,
        since=request.step_since,
        todo=(
            desk.todo("approval", "grant-approval", request=request.request),
            desk.todo("approval", "refuse-approval", request=request.request, reason=""),
        ),
    )


def _too_few(people: list[dict[str, Any]], step: Step) -> str:
    found = f"only {len(people)} may" if people else "nobody may today"
    return f"{found}: appoint a {' or '.join(step.roles)}, or let one delegate"


def _consulted(desk: Desk, request: Request, rule: Rule) -> Iterator[dict[str, Any]]:
    people = desk.team.holding(rule.consult, listed(request.consulted))
    if people:
        yield _about(
            desk,
            request,
            Kind.CONSULT,
            "your view is asked; it decides nothing",
            roles=rule.consult,
            people=people,
            todo=(desk.todo("approval", "give-view", request=request.request, view=""),),
        )


def _about(
    desk: Desk,
    request: Request,
    kind: Kind,
    why: str,
    *,
    roles: tuple[Role, ...],
    people: list[dict[str, Any]],
    **more: Any,
) -> dict[str, Any]:
    since = more.pop("since", request.asked_at)
    told = request.kind != CONTRACT or desk.fees
    amount: Decimal | None = request.amount if told else None
    informs = kind is Kind.NOTIFY
    return desk.item(
        kind,
        (request.request,),
        {
            "kind": request.kind,
            "id": request.request,
            "name": _name(desk, request),
            "version": request.version,
        },
        since,
        why,
        roles=roles,
        people=people,
        asked_by=request.requested_by,
        due_on=None if informs else request.due_on,
        overdue=request.fell_due and not informs,
        amount=amount,
        blocks=None if kind is not Kind.APPROVE else _blocked(desk, request),
        **more,
    )


def _name(desk: Desk, request: Request) -> str:
    if request.kind == CONTRACT:
        deal = desk.rows.get(Deal, request.name)
        return deal.title if deal is not None and deal.title else request.name
    return request.name


def _blocked(desk: Desk, request: Request) -> str:
    match request.kind:
        case "budget" | "schedule":
            return f"the lock of {request.kind} version {request.version}"
        case "contract":
            return f"the execution of {_name(desk, request)}"
        case "overage":
            overage = desk.rows.get(Overage, request.name)
            reason = f": {overage.reason}" if overage is not None else ""
            return f"overage {request.version}{reason}"
        case _:
            return f"{request.kind} {request.name} version {request.version}"
