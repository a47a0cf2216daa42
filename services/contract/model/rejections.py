"""Why the contract room refuses a command; the text that is raised with it names the cure."""

from runtime.decider import Rejection


class TermsCurrencyIsUnknown(Rejection):
    """This room has not heard yet which currency the production is in."""


class TermsAreInAnotherCurrency(Rejection):
    """Terms in another currency than the production's could not be set beside its costs."""


class TermsDoNotFit(Rejection):
    """Parts of the terms contradict one another, or say too little; each is told."""


class FeeDoesNotAddUp(Rejection):
    """The payments are not the fee."""


class AmountIsFractional(Rejection):
    """Nobody can pay a fraction of the currency's smallest unit."""


class IdStandsTwice(Rejection):
    """Two parts of the terms could not be told apart."""


class PaymentHasNoAccount(Rejection):
    """Nobody could say where the money is promised."""


class PaymentIsNeverDue(Rejection):
    """A payment waits for a day or for something that is named."""


class EngagementEndsBeforeItStarts(Rejection):
    """Its last day is earlier than its first."""


class WindowClosesBeforeItOpens(Rejection):
    """Its last day is earlier than its first."""


class WindowsOverlap(Rejection):
    """Two exclusive windows for one territory and medium share a day."""


class ContractIsUnknown(Rejection):
    """Nobody drafted a deal under this id."""


class ContractExists(Rejection):
    """The id is taken by a deal with other words."""


class ContractIsExecuted(Rejection):
    """What was signed stands, until an amendment is signed."""


class ContractIsNotExecuted(Rejection):
    """Nobody performs a deal before it is signed."""


class ContractIsOver(Rejection):
    """The deal has ended: it was completed, terminated, or expired."""


class OfferStands(Rejection):
    """These terms are on offer, and the answer is awaited."""


class OfferIsNotMade(Rejection):
    """Nothing is on offer that could be answered."""


class OfferIsAccepted(Rejection):
    """The deal memo stands."""


class OfferHasLapsed(Rejection):
    """The last moment to accept is over."""


class OfferWouldHaveLapsed(Rejection):
    """An offer that is over before it is made cannot be accepted."""


class OnlyTheOtherSideAnswers(Rejection):
    """Nobody accepts or counters an offer of his own."""


class TermsAreOffered(Rejection):
    """A counter says the same as the offer that it answers."""


class OfferMovedOn(Rejection):
    """Another version stands on offer than the one that is accepted."""


class TermsAreNotAgreed(Rejection):
    """There is no deal memo to go by."""


class TermsNeedANewVersion(Rejection):
    """A version goes for clearance once."""


class TermsMovedOn(Rejection):
    """The decision was about other terms than those submitted."""


class ContractIsNotReady(Rejection):
    """Something that must come before the signature is missing; each thing is named."""


class TermsAreNotCleared(Rejection):
    """Nobody who must has agreed to exactly these terms."""


class ConditionIsNotMet(Rejection):
    """Something that must have happened before has not."""


class AmendmentUndoesWhatIsDone(Rejection):
    """What was earned, handed over or taken up stays what it is."""


class PaymentIsUnknown(Rejection):
    """The terms have no such payment."""


class PaymentIsEarned(Rejection):
    """It is owed already, by another day."""


class DeliverableIsUnknown(Rejection):
    """The terms have no such deliverable."""


class DeliverableIsReceived(Rejection):
    """It was handed over on another day, and nobody has sent it back."""


class DeliverableIsNotReceived(Rejection):
    """There is nothing to look at."""


class DeliverableIsAccepted(Rejection):
    """It passed."""


class OptionIsUnknown(Rejection):
    """The terms have no such option."""


class OptionIsExercised(Rejection):
    """The right was taken up before."""


class OptionHasLapsed(Rejection):
    """The last day to take the right up is over."""


class ExtensionIsNotLater(Rejection):
    """An extension moves the last day of a right forward."""


class ContractIsNotDone(Rejection):
    """Somebody still owes something; each thing is named."""
