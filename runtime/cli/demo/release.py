"""The release: the mix comes back once, the deals are performed, and the film opens."""

from typing import Any

from runtime.cli.demo import approvals, deals
from runtime.cli.demo.stage import Stage, document, rows

MIX_AGAIN = "Reel 5 mixed again: the clockwork was under the wind."


def play(stage: Stage) -> None:
    """From the first mix to the release in the United States."""
    approvals.play(stage, "grade-1")
    _mix_again(stage)
    _delegate(stage)
    for request in ("poster-1", "deliverable-dcp", "trailer-1"):
        approvals.play(stage, request)
    for deal in document("contracts.json"):
        deals.perform(stage, deal)
    stage.told("The deals are performed: what was handed over passed, one master on second sight")
    _reach_everything(stage)
    stage.told("Released in the United States on 1 October 2027; three territories are to come")


def _mix_again(stage: Stage) -> None:
    """The day that a refused mix costs."""
    approvals.play(stage, "mix-1")
    moved: dict[str, Any] = {"task": "sound-printmaster", "days": 3, "reason": MIX_AGAIN}
    stage.give("line-producer", "schedule/move-task", moved, "mix again")
    moved = {"milestone": "mix-complete", "on": "2027-03-16", "reason": MIX_AGAIN}
    stage.give("line-producer", "schedule/move-milestone", moved, "mix complete later")
    stage.told("The mix slips by a day, to 16 March; the delivery date stands")
    approvals.play(stage, "mix-2")


def _delegate(stage: Stage) -> None:
    for number, one in enumerate(document("approvals.json")["delegations"]):
        to = stage.id_of_name(stage.name_of[one["to"]])
        body = {name: one[name] for name in ("subject_kinds", "starts", "ends")}
        body["delegate"] = to
        stage.give(one["by"], "approval/delegate-authority", body, f"delegate {number}")
    stage.told("Rosalind is at sea: posters and trailers are Tobias's to decide for thirty days")


def _reach_everything(stage: Stage) -> None:
    """What was finished and reached, in the order of its days."""
    done = [
        *((row["finished"], "finish-task", "task", row["task"]) for row in rows("tasks.csv")),
        *(
            (row["reached"], "reach-milestone", "milestone", row["milestone"])
            for row in rows("milestones.csv")
        ),
    ]
    for on, command, what, name in sorted(one for one in done if one[0]):
        body = {what: name, "on": on}
        stage.give("line-producer", f"schedule/{command}", body, f"{command} {name}")
