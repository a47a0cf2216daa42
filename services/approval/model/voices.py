"""Who may decide on a request, and for whom: roles of the step, delegates, separated duties."""

from collections.abc import Sequence

from events.approval import ApprovalRequested, Role, Step
from runtime.decider import Context
from services.approval.model.known import Known
from services.approval.model.phases import Open, Vote, listed, subject_of
from services.approval.model.rejections import (
    RequesterMayNotDecide,
    RoleMayNotDecide,
    StepIsNotReached,
    VoiceIsCounted,
)


def has_agreed(person: str, votes: Sequence[Vote]) -> bool:
    """Whether somebody agreed himself, in his own right or for somebody else."""
    return any(vote.by == person for vote in votes)


def check_uncounted(request: Open, context: Context) -> None:
    """Refuses who has been counted already, since his delegate agreed in his place."""
    for vote in request.votes:
        if vote.given_for == context.actor:
            raise VoiceIsCounted(
                f"{vote.by} agreed in your place in step {vote.step}, and the two of you count "
                "once: nothing more is needed of you"
            )


def given_for(request: Open, context: Context) -> str | None:
    """Whom this person decides for in the present step: himself (None), or who delegated it.

    Raises:
        RequesterMayNotDecide: he asked, or all whom he could stand in for did.
        VoiceIsCounted: he could only stand in for somebody who agreed already.
        StepIsNotReached: his voice belongs to a later step.
        RoleMayNotDecide: he has no voice in what is left.
    """
    asked = request.asked
    step = asked.rule.steps[request.step - 1]
    if context.actor == asked.requested_by:
        raise RequesterMayNotDecide(
            f"{context.actor} asked for {subject_of(asked)}: somebody else with the role of "
            f"{listed(step.roles)} must decide"
        )
    if context.roles.intersection(step.roles):
        return None
    delegators = _delegators(asked, context, step.roles)
    for delegator in delegators:
        if delegator != asked.requested_by and not _has_spoken(delegator, request, context.actor):
            return delegator
    raise _silenced(request, context, delegators)


def _delegators(
    asked: ApprovalRequested, context: Context, roles: Sequence[Role]
) -> tuple[str, ...]:
    """Those with one of these roles today who let this person decide such a thing today."""
    known: Known = context.known or Known()
    today = context.at.date()
    return tuple(
        one
        for one in known.delegators_of(context.actor, asked.subject.kind, today)
        if known.roles_of(one, today).intersection(roles)
    )


def _has_spoken(delegator: str, request: Open, actor: str) -> bool:
    """Whether that voice is counted already; what the actor himself said for him he may revise."""
    return any(
        delegator in (vote.by, vote.given_for) and vote.by != actor for vote in request.votes
    )


def _silenced(request: Open, context: Context, delegators: Sequence[str]) -> Exception:
    """Why this person may not decide now."""
    asked = request.asked
    others = [one for one in delegators if one != asked.requested_by]
    if delegators and not others:
        return RequesterMayNotDecide(
            f"{asked.requested_by}, whom you stand in for, asked for {subject_of(asked)}: "
            "somebody else must decide"
        )
    if others:
        return VoiceIsCounted(
            f"{others[0]}, whom you stand in for, is counted already, and the two of you count "
            "once: nothing more is needed of you"
        )
    number, steps = request.step, asked.rule.steps
    for later, step in enumerate(steps[number:], start=number + 1):
        if context.roles.intersection(step.roles) or _delegators(asked, context, step.roles):
            return StepIsNotReached(
                f"you are asked in step {later} of {len(steps)}: {_awaited(request)} first"
            )
    if len(steps) > 1:
        return RoleMayNotDecide(
            f"step {number} of {len(steps)} on {subject_of(asked)} is for "
            f"{listed(steps[number - 1].roles)} to decide: let one of them"
        )
    return RoleMayNotDecide(
        f"{subject_of(asked)} is for {listed(asked.rule.roles)} to decide: let one of them"
    )


def _awaited(request: Open) -> str:
    number = request.step
    step: Step = request.asked.rule.steps[number - 1]
    missing = request.missing(number, step)
    return f"{missing} more of {listed(step.roles)} must agree to step {number}"
