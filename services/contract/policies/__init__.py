"""How the contract room answers approvals, locks and moves, and what it remembers.

A deal is held against the whole of what is remembered whenever one of the two changes, and every
place where it fits is told as well: what was heard of two rooms at once is then mended by the
fact that comes last, and the deal itself knows what is nothing new.
"""

from events.approval import ApprovalGranted, ApprovalRefused
from events.budget import BudgetLocked
from events.contract import (
    ClearanceRefused,
    ConditionMet,
    ConflictResolved,
    ContractAmended,
    ContractExecuted,
    EngagementConflicted,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
    TermsCleared,
)
from events.event import Event
from events.schedule import (
    MilestoneMoved,
    MilestoneReached,
    MilestoneSet,
    ScheduleLocked,
    ShootDaysMoved,
    ShootDaysPlanned,
    ShootDayWrapped,
)
from runtime.decider import Command, Policies, Reaction
from services.contract.commands import (
    ClearTerms,
    MeetCondition,
    RecordConflict,
    RefuseClearance,
    ResolveConflict,
)
from services.contract.model.known import Known
from services.contract.policies.clearing import (
    TALKED,
    budget_is_locked,
    clear,
    met_already,
    refuse,
    schedule_is_locked,
)
from services.contract.policies.fit import (
    of_an_option,
    of_what_was_signed,
    that_is_over,
    with_a_milestone,
    with_the_shoot,
)
from services.contract.policies.hearing import hear

CONFLICTS: dict[type[Command], tuple[type[Event], ...]] = {
    RecordConflict: (EngagementConflicted,),
    ResolveConflict: (ConflictResolved,),
}
MEETS: dict[type[Command], tuple[type[Event], ...]] = {MeetCondition: (ConditionMet,)}

REACTIONS = (
    Reaction(
        on=ApprovalGranted,
        because="terms that were approved are cleared",
        gives={ClearTerms: (TermsCleared,)},
        react=clear,
    ),
    Reaction(
        on=ApprovalRefused,
        because="terms that were refused may not be signed",
        gives={RefuseClearance: (ClearanceRefused,)},
        react=refuse,
    ),
    Reaction(
        on=BudgetLocked,
        because="deals that wait for a locked budget wait no longer",
        gives=MEETS,
        react=budget_is_locked,
    ),
    Reaction(
        on=ScheduleLocked,
        because="deals that wait for a locked schedule wait no longer",
        gives=MEETS,
        react=schedule_is_locked,
    ),
    *(
        Reaction(
            on=on,
            because="a deal does not wait for what is locked already",
            gives=MEETS,
            react=met_already,
        )
        for on in TALKED
    ),
    *(
        Reaction(
            on=on,
            because="engagements are held against the days of the shoot",
            gives=CONFLICTS,
            react=with_the_shoot,
        )
        for on in (ScheduleLocked, ShootDaysPlanned, ShootDaysMoved, ShootDayWrapped)
    ),
    *(
        Reaction(
            on=on,
            because="options are held against the milestones that need them",
            gives=CONFLICTS,
            react=with_a_milestone,
        )
        for on in (MilestoneSet, MilestoneMoved, MilestoneReached)
    ),
    *(
        Reaction(
            on=on,
            because="what was signed is held against the present schedule",
            gives=CONFLICTS,
            react=of_what_was_signed,
        )
        for on in (ContractExecuted, ContractAmended)
    ),
    *(
        Reaction(
            on=on,
            because="what becomes of an option is held against its milestone",
            gives=CONFLICTS,
            react=of_an_option,
        )
        for on in (OptionExtended, OptionExercised, OptionLapsed)
    ),
    Reaction(
        on=EngagementConflicted,
        because="a conflict that was over before it was heard of is resolved",
        gives={ResolveConflict: (ConflictResolved,)},
        react=that_is_over,
    ),
)

policies = Policies(
    logs=("approval", "budget", "contract", "schedule"),
    nothing_known=Known(),
    hear=hear,
    reactions=REACTIONS,
)
