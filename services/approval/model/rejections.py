"""Why the approval room refuses a command; the text that is raised with it names the cure."""

from typing import ClassVar

from runtime.decider import Rejection


class ProductionIsOpen(Rejection):
    """It was opened before, by somebody else or with other words."""


class ProductionIsNotOpen(Rejection):
    """It has no team and no rules before somebody opens it."""


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


class OnlyTheRequesterMayVoid(Rejection):
    """Who neither asked nor leads the production cannot take the question back."""

    STATUS: ClassVar[int] = 403
