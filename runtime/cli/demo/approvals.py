"""What is asked for and answered, as `approvals.json` has it."""

from functools import cache
from typing import Any

from runtime.cli.demo.stage import Stage, document, hash_of


def play(stage: Stage, name: str) -> None:
    """Asks, and gives every answer that the file has."""
    asked = requests()[name]
    request = stage.id("request", name)
    body = {"request": request, "subject": subject(name)}
    if "due_on" in asked:
        body |= {"due_on": asked["due_on"]}
    stage.give(asked["by"], "approval/request-approval", body, f"ask {name}")
    for number, answer in enumerate(asked["answers"]):
        _answer(stage, request, answer, f"answer {name} {number}")
    stage.told(_sentence(asked))


@cache
def requests() -> dict[str, Any]:
    """Every request of the file, by its name."""
    return {one["request"]: one for one in document("approvals.json")["requests"]}


def subject(name: str) -> dict[str, Any]:
    """What a request asks about; the hash is that of its document."""
    asked = requests()[name]
    return {**asked["subject"], "content_hash": hash_of(asked["document"])}


def _answer(stage: Stage, request: str, answer: dict[str, Any], key: str) -> None:
    match answer:
        case {"by": by, "view": view}:
            body = {"request": request, "view": view}
            stage.give(by, "approval/give-view", body, key)
        case {"by": by, "refuse": reason}:
            body = {"request": request, "reason": reason}
            stage.give(by, "approval/refuse-approval", body, key)
        case {"by": by, "grant": note}:
            stage.grant(by, request, note)


def _sentence(asked: dict[str, Any]) -> str:
    what = f"{asked['subject']['name']}, version {asked['subject']['version']}"
    last = asked["answers"][-1]
    role = last["by"].replace("-", " ")
    if "refuse" in last:
        return f"{what}: refused by the {role}. “{last['refuse']}”"
    if "grant" in last:
        said = [one["grant"] for one in asked["answers"] if one.get("grant")]
        return f"{what}: approved." + (f" “{said[-1]}”" if said else "")
    return f"{what}: an answer is awaited. The {role} thinks: “{last['view']}”"
