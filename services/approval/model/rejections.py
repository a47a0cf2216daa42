"""Why the approval room refuses a command; the text that is raised with it names the cure."""

from typing import ClassVar

from runtime.decider import Rejection


class ProductionIsOpen(Rejection):
    """It was opened before, by somebody else or with other words."""


class ProductionIsNotOpen(Rejection):
    """It has no team and no rules before somebody opens it."""


class HouseIsNoProduction(Rejection):
    """Nobody becomes a leader of the house by opening it."""

    STATUS: ClassVar[int] = 403


class ErasureIsOfTheHouse(Rejection):
    """One production alone cannot erase a person whom others may have to keep."""


class AppointmentEndsBeforeItStarts(Rejection):
    """Its last day is earlier than its first."""


class PersonIsNotAppointed(Rejection):
    """There is no such appointment to end."""


class AppointmentEndsEarlier(Rejection):
    """Ending an appointment cannot make it longer."""


class LastExecutiveProducer(Rejection):
    """A day would come on which nobody is executive producer."""


class BandsOverlap(Rejection):
    """An amount would fall under two rules, or a band holds no amount."""


class RequestIsAnother(Rejection):
    """The same id was used to ask for something else."""


class SubjectIsSubmitted(Rejection):
    """Its own room submits it, with version, hash and amount; nobody asks for it by hand."""


class RoleMayNotSetRule(Rejection):
    """A rule of one's own is for those who may set the production's rules."""

    STATUS: ClassVar[int] = 403


class RequestIsUnknown(Rejection):
    """Nobody asked under this id."""


class RequestIsClosed(Rejection):
    """It was decided, or fell away."""


class RequesterMayNotDecide(Rejection):
    """Duties are separate: who asks does not decide."""

    STATUS: ClassVar[int] = 403


class RoleMayNotDecide(Rejection):
    """The rule of the request names other roles."""

    STATUS: ClassVar[int] = 403


class OnlyItsRoomMayVoid(Rejection):
    """What a room submitted would wait there for ever if its request were gone."""


class OnlyTheRequesterMayVoid(Rejection):
    """Who neither asked nor leads the production cannot take the question back."""

    STATUS: ClassVar[int] = 403


class StepIsNotReached(Rejection):
    """Those of the step before must agree first."""


class VoiceIsCounted(Rejection):
    """A person and who decides in his place count once together."""


class RoleIsNotConsulted(Rejection):
    """The rule of the request asks others for their view."""

    STATUS: ClassVar[int] = 403


class AnswerIsDueBeforeTheQuestion(Rejection):
    """Nobody can answer in time what is due already."""


class DelegationEndsBeforeItStarts(Rejection):
    """Its last day is earlier than its first."""


class DelegationEndsEarlier(Rejection):
    """Ending a delegation cannot make it longer."""


class DelegationIsUnknown(Rejection):
    """There is no such delegation to end."""


class DelegateIsTheDelegator(Rejection):
    """Who decides himself needs nobody in his place."""


class DelegateIsNotOnTheTeam(Rejection):
    """Only somebody who is appointed to a deciding role in that time can stand in."""


class OnlyTheDelegatorMayEnd(Rejection):
    """Who neither gave the authority nor leads the production cannot take it back."""

    STATUS: ClassVar[int] = 403


class ScreeningIsUnknown(Rejection):
    """No cut was shown under this id."""


class ScreeningIsAnother(Rejection):
    """The same id was used for another screening."""


class ScreeningIsDecided(Rejection):
    """What follows from it was decided."""


class ScoresAreMissing(Rejection):
    """Nothing is decided before the cards are counted."""


class CardsDoNotFit(Rejection):
    """More cards, or more that recommend the film, than people who could have filled them in."""
