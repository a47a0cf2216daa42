"""The deals: offered, agreed, cleared and signed; what is signed is committed."""

from decimal import Decimal
from typing import Any

from runtime.cli.demo.stage import Stage, document, hash_of

OFFER_STANDS_DAYS = 14
EXECUTIVE_PRODUCER_FROM = Decimal(10_000)
"""From which fee on the sample's rules ask the executive producer as well."""

Deal = dict[str, Any]

STEPS = {
    "earn": ("production-accountant", "earn-payment", "payment", "due_on"),
    "receive": ("line-producer", "receive-deliverable", "deliverable", "received_on"),
    "accept": ("executive-producer", "accept-deliverable", "deliverable", "accepted_on"),
    "reject": ("executive-producer", "reject-deliverable", "deliverable", "cure_by"),
    "exercise": ("executive-producer", "exercise-option", "option", "exercised_on"),
    "terminate": ("executive-producer", "terminate-contract", "reason", "terminated_on"),
}
"""What the file calls a step: who does it, by which command, and its two fields."""


def play(stage: Stage) -> None:
    """Every deal of the file, up to its signature where it has one."""
    deals: list[Deal] = document("contracts.json")
    signed = [deal for deal in deals if "executed_on" in deal]
    for deal in deals:
        _offer(stage, deal)
    stage.told(f"{len(deals)} deals are offered; Edda's agent counters, and gets her card")
    versions = {deal["contract"]: _agree(stage, deal) for deal in signed}
    stage.told(f"{len(signed)} deals are agreed and go for clearance, by their amounts")
    for deal in signed:
        _clear(stage, deal, versions[deal["contract"]])
    for deal in signed:
        _sign(stage, deal)
    payments = [one for deal in signed for one in deal["terms"].get("payments", ())]
    total = sum((Decimal(one["amount"]) for one in payments), Decimal(0))
    stage.await_facts("budget", "budget.CommitmentRaised", _raised_before(stage) + len(payments))
    stage.told(
        f"{len(signed)} deals are signed; {len(payments)} payments of {total:,.2f} in all are "
        "committed, each on its account"
    )


def contract_id(stage: Stage, name: str) -> str:
    """The id of the deal that the file calls so."""
    return stage.id("contract", name)


def perform(stage: Stage, deal: Deal) -> None:
    """What came of a deal after its signature, step by step."""
    for number, step in enumerate(deal.get("performed", ())):
        what = next(one for one in STEPS if one in step)
        role, command, field, day = STEPS[what]
        body = {field: step[what], day: step["on"]}
        if "reason" in step:
            body["reason"] = step["reason"]
        _give(stage, role, command, deal, body, f"perform {deal['contract']} {number}")
    if "completed_on" in deal:
        done = {"completed_on": deal["completed_on"]}
        _give(stage, "executive-producer", "complete-contract", deal, done)


def _raised_before(stage: Stage) -> int:
    """Purchase orders of `costs.csv`, which stand beside what deals commit."""
    references = [
        one["data"]["commitment"] for one in stage.facts("budget", "budget.CommitmentRaised")
    ]
    return sum(one.startswith("PO-") for one in references)


def _give(
    stage: Stage, role: str, command: str, deal: Deal, body: Deal, key: str | None = None
) -> dict[str, Any]:
    given = {"contract": contract_id(stage, deal["contract"]), **body}
    return stage.give(role, f"contract/{command}", given, key or f"{command} {deal['contract']}")


def _offer(stage: Stage, deal: Deal) -> None:
    expires_at = f"{stage.day(OFFER_STANDS_DAYS)}T22:00:00Z"
    drafted = {
        "kind": deal["kind"],
        "title": deal["title"],
        "party": stage.id_of_name(deal["party"]),
        "name": deal["party"],
        "terms": deal["terms"] | deal.get("first_offer", {}),
    }
    _give(stage, "line-producer", "draft-contract", deal, drafted)
    _give(stage, "line-producer", "make-offer", deal, {"expires_at": expires_at})
    if "counter" in deal:
        answer = {"by": "party", "terms": deal["terms"], "note": deal["counter"]}
        _give(stage, "line-producer", "counter-offer", deal, answer | {"expires_at": expires_at})


def _agree(stage: Stage, deal: Deal) -> str:
    """Agrees and submits; the hash of exactly these terms."""
    countered = "counter" in deal
    accepted = {
        "version": 2 if countered else 1,
        "accepted_by": "production" if countered else "party",
        "accepted_on": deal["accepted_on"],
    }
    paper = hash_of(f"{deal['title']}, between the production and {deal['party']}")
    _give(stage, "line-producer", "accept-offer", deal, accepted)
    _give(stage, "line-producer", "draft-long-form", deal, {"document_hash": paper})
    _give(stage, "line-producer", "submit-terms", deal, {})
    contract = contract_id(stage, deal["contract"])
    submitted = stage.await_fact("contract", "contract.TermsSubmitted", contract=contract)
    content_hash: str = submitted["data"]["content_hash"]
    return content_hash


def _clear(stage: Stage, deal: Deal, content_hash: str) -> None:
    request = stage.request_for(content_hash)
    stage.grant("producer", request)
    if Decimal(deal["terms"].get("fee", "0")) >= EXECUTIVE_PRODUCER_FROM:
        stage.grant("executive-producer", request)


def _sign(stage: Stage, deal: Deal) -> None:
    contract = contract_id(stage, deal["contract"])
    stage.await_fact("contract", "contract.TermsCleared", contract=contract)
    wanted = len(deal["terms"].get("conditions", ()))
    stage.await_facts("contract", "contract.ConditionMet", wanted, contract=contract)
    signed = {"executed_on": deal["executed_on"]}
    _give(stage, "executive-producer", "execute-contract", deal, signed)
