"""Why the schedule room refuses a command; the text that is raised with it names the cure."""

from runtime.decider import Rejection


class ScheduleIsNotDrafted(Rejection):
    """There is no schedule yet."""


class ScheduleIsDrafted(Rejection):
    """A schedule was begun before, under another name."""


class ScheduleIsSubmitted(Rejection):
    """Nothing moves while others decide on it."""


class ScheduleIsLocked(Rejection):
    """The approved version stays what it is."""


class ScheduleIsNotLocked(Rejection):
    """What is shot is measured against an approved version, and there is none."""


class ScheduleIsTooLong(Rejection):
    """It comes to over 10,000 pages: somewhere is an eighth too many."""


class ShootDaysAreNotPlanned(Rejection):
    """No board was chosen, so there are no dates that somebody could approve."""


class ScheduleMovedOn(Rejection):
    """The decision was about another version than the one submitted."""


class PartStandsTwice(Rejection):
    """One command has two things under one id."""


class ElementIsUnknown(Rejection):
    """A breakdown needs what nobody has added."""


class BreakdownIsUnknown(Rejection):
    """Nobody broke such a scene down."""


class BreakdownStandsTwice(Rejection):
    """A breakdown is on one day, once."""


class BreakdownsDoNotFit(Rejection):
    """Some breakdowns break a rule; nothing of them all was recorded."""


class BoardDoesNotFit(Rejection):
    """Parts of the board break a rule; it was not laid."""


class ScheduleDoesNotFit(Rejection):
    """Parts of the file contradict the schedule or one another; nothing of it was recorded."""


class BoardIsUnknown(Rejection):
    """Nobody laid such a board."""


class BoardHasNoDays(Rejection):
    """Everything on it is in the boneyard: there is nothing to give dates to."""


class BoardIsTooLarge(Rejection):
    """It is over what one fact can hold."""


class StartIsUnknown(Rejection):
    """Neither the command nor the board says when photography begins."""


class HolidaysAreUnknown(Rejection):
    """Nobody keeps the public holidays of that place or those years."""


class FreeDaysAreTooMany(Rejection):
    """Over what a calendar can hold."""


class WorkingDaysRunOut(Rejection):
    """The calendar has too few working days for what is to be shot."""


class ShootDayIsUnknown(Rejection):
    """The locked schedule has no such day."""


class ShootDayIsWrapped(Rejection):
    """It was wrapped before."""


class BreakdownIsShot(Rejection):
    """It was shot on another day."""


class ShootDayIsOff(Rejection):
    """Nobody works on that day."""


class ShootDayIsOutOfOrder(Rejection):
    """A day that comes before it would be shot after it, or with it."""


class ShootDateIsTaken(Rejection):
    """Another day was shot on that date."""


class IdIsTaken(Rejection):
    """Milestones and tasks share their ids, so that either can wait for the other."""


class MilestoneIsUnknown(Rejection):
    """Nobody set a milestone under this id."""


class MilestoneExists(Rejection):
    """It was set otherwise, and the schedule is locked."""


class MilestoneIsReached(Rejection):
    """What was reached stays on its day."""


class TaskIsUnknown(Rejection):
    """Nobody set a task under this id."""


class TaskExists(Rejection):
    """It was set otherwise, and the schedule is locked."""


class TaskIsFinished(Rejection):
    """What was finished stays on its day."""


class LinkIsUnknown(Rejection):
    """It would wait for what nobody has set."""


class LinksFormACircle(Rejection):
    """Each would wait for the other, and none could begin."""
