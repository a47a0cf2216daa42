"""One deal, from its first draft to its end."""

from collections.abc import Sequence
from typing import assert_never

from events.event import Event
from runtime.decider import Context, Decider
from services.contract.commands import (
    AcceptDeliverable,
    AcceptOffer,
    ClearTerms,
    CompleteContract,
    CounterOffer,
    DealCommand,
    DraftContract,
    DraftLongForm,
    EarnPayment,
    ExecuteContract,
    ExerciseOption,
    ExtendOption,
    LapseOffer,
    LapseOption,
    MakeOffer,
    MeetCondition,
    ReceiveDeliverable,
    RecordConflict,
    RedraftTerms,
    RefuseClearance,
    RejectDeliverable,
    ResolveConflict,
    SubmitTerms,
    TerminateContract,
    WithdrawOffer,
    WithdrawTerms,
)
from services.contract.model.clearance import decide_clearance
from services.contract.model.conflicts import decide_conflict
from services.contract.model.drafts import draft_contract, redraft_terms
from services.contract.model.ending import decide_end
from services.contract.model.evolve import evolve
from services.contract.model.offers import decide_offer
from services.contract.model.options import decide_option
from services.contract.model.performance import decide_delivery, earn_payment
from services.contract.model.phases import Contract, NotDrafted
from services.contract.model.signature import execute_contract


def decide(contract: Contract, command: DealCommand, context: Context) -> Sequence[Event]:
    """The facts that follow from `command`."""
    match command:
        case DraftContract():
            return draft_contract(contract, command, context)
        case RedraftTerms():
            return redraft_terms(contract, command, context)
        case MakeOffer() | CounterOffer() | AcceptOffer() | LapseOffer() | WithdrawOffer():
            return decide_offer(contract, command, context)
        case DraftLongForm() | SubmitTerms() | WithdrawTerms():
            return decide_clearance(contract, command)
        case ClearTerms() | RefuseClearance() | MeetCondition():
            return decide_clearance(contract, command)
        case ExecuteContract():
            return execute_contract(contract, command)
        case EarnPayment():
            return earn_payment(contract, command)
        case ReceiveDeliverable() | AcceptDeliverable() | RejectDeliverable():
            return decide_delivery(contract, command)
        case ExerciseOption() | ExtendOption() | LapseOption():
            return decide_option(contract, command, context)
        case RecordConflict() | ResolveConflict():
            return decide_conflict(contract, command)
        case TerminateContract() | CompleteContract():
            return decide_end(contract, command)
        case _:
            assert_never(command)


CONTRACT: Decider[Contract, DealCommand] = Decider(
    kind="contract",
    initial=NotDrafted(),
    commands=(
        DraftContract,
        RedraftTerms,
        MakeOffer,
        CounterOffer,
        AcceptOffer,
        LapseOffer,
        DraftLongForm,
        SubmitTerms,
        WithdrawTerms,
        WithdrawOffer,
        ClearTerms,
        RefuseClearance,
        MeetCondition,
        ExecuteContract,
        EarnPayment,
        ReceiveDeliverable,
        AcceptDeliverable,
        RejectDeliverable,
        ExerciseOption,
        ExtendOption,
        LapseOption,
        RecordConflict,
        ResolveConflict,
        TerminateContract,
        CompleteContract,
    ),
    decide=decide,
    evolve=evolve,
)
