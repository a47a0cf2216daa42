"""The money: the film is opened, its budget locked, and five weeks of costs come in."""

from datetime import UTC, date, datetime
from typing import Any

from runtime.cli.client import wait_until
from runtime.cli.demo.stage import Stage, document, patiently
from runtime.cli.demo.telling import status_path


def play(stage: Stage) -> dict[str, Any]:
    """The cost report after the fifth week, before any deal is signed."""
    _open(stage)
    producer, path = stage.as_("executive-producer"), status_path(stage.production)

    stage.told("Importing the budget")
    stage.upload("line-producer", "budget", "budget.csv", "text/csv")
    stage.told("Submitting it; the approval room opens a request for exactly this version")
    submitted = stage.give("line-producer", "budget/submit-budget", {}, "submit")
    request = stage.request_for(submitted["events"][0]["data"]["content_hash"])
    stage.told("The executive producer grants it; the budget locks")
    producer.command(f"{stage.home}/approval/grant-approval", {"request": request}, "grant")
    wait_until("the lock", lambda: patiently(lambda: producer.get(path))["locked_version"] == 1)

    stage.told("Importing five weeks of costs")
    costs = stage.upload("production-accountant", "costs", "costs.csv", "text/csv")
    stage.told("Reading the budget status as the guarantor would")
    return stage.as_("completion-guarantor").get(path, by="category", after=costs["token"])


def _open(stage: Stage) -> None:
    stage.told(f"Opening “{stage.about['title']}” and appointing {len(stage.team)} people")
    opened = stage.about | {"name": stage.name_of["executive-producer"]}
    first = stage.give("executive-producer", "approval/open-production", opened, "open")
    stage.today = _day(first) or datetime.now(UTC).date()
    # Before the people: whoever may ask then asks under these rules, since a room hears of both
    # in this order.
    for rules in (_BUDGET_RULES, *document("approvals.json")["rules"]):
        key = f"rules {rules['subject_kind']}"
        stage.give("executive-producer", "approval/set-approval-rules", rules, key)
    stage.told("Who must agree to what is set: bands for deals and overages, a quorum for cuts")
    for member in stage.team:
        member_id = stage.id_of_name(member["name"])
        stage.give(
            "executive-producer",
            "approval/appoint-person",
            {
                "person": member_id,
                "role": member["role"],
                "name": member["name"],
                # Where the film is still to come, its people are at work all the same.
                "starts": member["from"] if member["from"] <= stage.today.isoformat() else None,
                "ends": member["until"] or None,
            },
            f"appoint {member_id} {member['role']}",
        )


def _day(answer: dict[str, Any]) -> date | None:
    """The day on which the answered command was recorded."""
    for event in answer["events"]:
        return datetime.fromisoformat(event["recorded_at"]).date()
    return None


_BUDGET_RULES = {
    "subject_kind": "budget",
    "rules": [
        {"at_least": "0", "below": "1000000", "roles": ["producer", "executive-producer"]},
        {"at_least": "1000000", "roles": ["executive-producer"]},
    ],
}
