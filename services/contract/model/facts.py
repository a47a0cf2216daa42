"""The facts of a deal, by what they tell of."""

from events.contract import (
    ClearanceRefused,
    ConditionMet,
    ConflictResolved,
    ContractAmended,
    ContractCompleted,
    ContractDrafted,
    ContractExecuted,
    ContractExpired,
    ContractTerminated,
    DeliverableAccepted,
    DeliverableReceived,
    DeliverableRejected,
    EngagementConflicted,
    LongFormDrafted,
    OfferAccepted,
    OfferCountered,
    OfferLapsed,
    OfferMade,
    OfferWithdrawn,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
    PaymentEarned,
    TermsCleared,
    TermsRedrafted,
    TermsSubmitted,
    TermsWithdrawn,
)

TalksEvent = (
    TermsRedrafted
    | OfferMade
    | OfferCountered
    | OfferAccepted
    | OfferLapsed
    | OfferWithdrawn
    | LongFormDrafted
    | TermsSubmitted
    | TermsWithdrawn
    | TermsCleared
    | ClearanceRefused
)
DoneEvent = (
    PaymentEarned
    | DeliverableReceived
    | DeliverableAccepted
    | DeliverableRejected
    | OptionExercised
    | OptionExtended
    | OptionLapsed
    | EngagementConflicted
    | ConflictResolved
)
EndEvent = ContractTerminated | ContractCompleted | ContractExpired
DealEvent = (
    ContractDrafted
    | TalksEvent
    | ConditionMet
    | ContractExecuted
    | ContractAmended
    | DoneEvent
    | EndEvent
)
