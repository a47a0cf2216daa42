"""Deals that wait: for an answer, for clearance to be asked, for a condition, for a signature."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from events.contract import Side
from projections.inbox.answers import Kind
from projections.inbox.dealing import DELIVERABLE
from projections.inbox.items import NEGOTIATORS, PLANNERS, SIGNERS, Desk
from projections.inbox.rows import Deal, Matter, listed


def deals(desk: Desk) -> Iterator[dict[str, Any]]:
    """The items of every deal that has not ended."""
    for deal in desk.rows.all(Deal):
        if deal.ended or deal.since is None:
            continue
        match deal.stage:
            case "offered":
                yield _answer(desk, deal, deal.since)
            case "agreed":
                yield _submit(desk, deal, deal.since)
            case "spent":
                yield _mend(desk, deal, deal.since)
            case "cleared":
                yield from _cleared(desk, deal, deal.since)
            case _:
                pass
    for matter in desk.rows.all(Matter):
        about = desk.rows.get(Deal, matter.contract) or Deal(matter.contract)
        if matter.open and not about.ended:
            yield _matter(desk, about, matter)


def _about(deal: Deal) -> dict[str, Any]:
    return {
        "kind": "contract",
        "id": deal.contract,
        "name": deal.title or deal.contract,
        "version": deal.version,
    }


def _answer(desk: Desk, deal: Deal, since: datetime) -> dict[str, Any]:
    """The side that did not offer is to answer; what it says is noted by those who negotiate."""
    ours = deal.offered_by == Side.PARTY
    answering = Side.PRODUCTION if ours else Side.PARTY
    until = deal.expires_at
    why = f"the {deal.offered_by} offered version {deal.version}"
    return desk.item(
        Kind.ANSWER,
        (deal.contract,),
        _about(deal),
        since,
        why if until is None else f"{why}, open until {until:%Y-%m-%d %H:%M} UTC",
        roles=NEGOTIATORS if ours else (),
        party=None if ours else deal,
        due_on=until and until.date(),
        overdue=until is not None and until <= desk.now,
        blocks=f"the agreement on {deal.title}",
        todo=(
            desk.todo(
                "contract",
                "accept-offer",
                contract=deal.contract,
                version=deal.version,
                accepted_by=answering.value,
            ),
            desk.todo("contract", "counter-offer", contract=deal.contract, by=answering.value),
        ),
    )


def _submit(desk: Desk, deal: Deal, since: datetime) -> dict[str, Any]:
    return desk.item(
        Kind.SUBMIT,
        (deal.contract,),
        _about(deal),
        since,
        f"version {deal.version} is agreed, and nobody has asked for its clearance",
        roles=NEGOTIATORS,
        blocks=f"the execution of {deal.title}",
        todo=(desk.todo("contract", "submit-terms", contract=deal.contract),),
    )


def _mend(desk: Desk, deal: Deal, since: datetime) -> dict[str, Any]:
    return desk.item(
        Kind.MEND,
        (deal.contract,),
        _about(deal),
        since,
        f"{deal.reason}; other terms are to be agreed",
        roles=NEGOTIATORS,
        blocks=f"the execution of {deal.title}",
        todo=(
            desk.todo("contract", "counter-offer", contract=deal.contract, by="production"),
            desk.todo("contract", "withdraw-offer", contract=deal.contract, reason=""),
        ),
    )


def _cleared(desk: Desk, deal: Deal, since: datetime) -> Iterator[dict[str, Any]]:
    missing = [one for one in listed(deal.conditions) if one not in listed(deal.met)]
    for condition in missing:
        plan = condition.partition("-")[0]
        yield desk.item(
            Kind.CONDITION,
            (deal.contract, condition),
            _about(deal),
            since,
            f"it may be executed once the {plan} is locked",
            roles=PLANNERS,
            blocks=f"the execution of {deal.title}",
            todo=(desk.todo(plan, f"submit-{plan}"),),
        )
    if not missing:
        yield desk.item(
            Kind.EXECUTE,
            (deal.contract,),
            _about(deal),
            since,
            f"version {deal.version} is cleared, and its conditions are met: it may be signed",
            roles=SIGNERS,
            blocks=f"everything that {deal.title} binds to",
            todo=(desk.todo("contract", "execute-contract", contract=deal.contract),),
        )


def _matter(desk: Desk, deal: Deal, matter: Matter) -> dict[str, Any]:
    key = (matter.contract, matter.id)
    if matter.kind == DELIVERABLE:
        body = {"contract": deal.contract, "deliverable": matter.id}
        return desk.item(
            Kind.JUDGE,
            key,
            _about(deal),
            matter.since,
            f"{matter.what} was handed over, and nobody has judged it",
            roles=SIGNERS,
            todo=(
                desk.todo("contract", "accept-deliverable", **body),
                desk.todo("contract", "reject-deliverable", **body, reason=""),
            ),
        )
    return desk.item(
        Kind.CONFLICT,
        key,
        _about(deal),
        matter.since,
        matter.what,
        roles=PLANNERS,
        todo=(
            desk.todo("schedule", "move-shoot-day"),
            desk.todo("contract", "redraft-terms", contract=deal.contract),
        ),
    )
