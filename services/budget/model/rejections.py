"""Why the budget room refuses a command; the text that is raised with it names the cure."""

from runtime.decider import Rejection


class CurrencyIsUnknown(Rejection):
    """This room has not heard yet which currency the production is in."""


class BudgetIsNotDrafted(Rejection):
    """There is no budget yet."""


class BudgetIsDrafted(Rejection):
    """A budget was begun before, with another currency or other categories."""


class BudgetIsSubmitted(Rejection):
    """Nothing moves while others decide on it."""


class BudgetIsLocked(Rejection):
    """The approved version stays what it is."""


class BudgetIsEmpty(Rejection):
    """There is no line that somebody could approve."""


class VersionMovedOn(Rejection):
    """The decision was about another version than the one submitted."""


class CategoryExists(Rejection):
    """The number is in the chart of accounts with another name or level."""


class CategoryIsUnknown(Rejection):
    """The chart of accounts has no such heading."""


class AccountIsInAnotherCategory(Rejection):
    """An account belongs to one category."""


class LineExists(Rejection):
    """The id is taken by a line with other content."""


class LineIsUnknown(Rejection):
    """The plan never had such a line."""


class SumIsTooLarge(Rejection):
    """Over what a budget can hold: somewhere are too many zeros."""


class FileDoesNotFit(Rejection):
    """Parts of the file contradict the plan or one another; nothing of it was recorded."""


class AmountIsNotExact(Rejection):
    """Nobody can pay a fraction of the currency's smallest unit."""


class CommitmentExists(Rejection):
    """The id is taken by a commitment with other content."""


class CommitmentIsUnknown(Rejection):
    """Nobody raised a commitment under this id."""


class CommitmentIsClosed(Rejection):
    """Nothing is open on it any more."""


class CommitmentIsOnAnotherAccount(Rejection):
    """What is posted against a commitment goes to its account."""


class InvoiceExceedsCommitment(Rejection):
    """It is over what is still open there."""


class PostingExists(Rejection):
    """The id is taken by a posting with other content."""


class PostingIsUnknown(Rejection):
    """Nobody posted a cost under this id."""


class PostingIsReversed(Rejection):
    """It was taken back before."""


class PostingIsAnother(Rejection):
    """The account or amount given is not the posting's."""


class ReversalExists(Rejection):
    """The id is taken by a reversal with other content."""


class EstimateExists(Rejection):
    """The id is taken by an estimate with other content."""


class EstimateIsNegative(Rejection):
    """Neither a cost to complete nor a final cost is below zero."""


class CurrencyIsAnother(Rejection):
    """A budget in another currency than its production's could not be compared with its costs."""


class EntriesDoNotFit(Rejection):
    """Some entries break a rule; nothing of them all was recorded."""


class BudgetIsNotLocked(Rejection):
    """Only what was approved can be spread or gone over."""


class OverageThresholdIsNotSet(Rejection):
    """Nobody has said from how much on an overage must be approved."""


class OverageIsUnknown(Rejection):
    """Nobody forecast an overage under this reference."""


class OverageIsAnother(Rejection):
    """The reference or the hash belongs to another overage."""


class OverageIsAnswered(Rejection):
    """It was approved or refused."""
