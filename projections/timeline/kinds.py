"""What stands on a timeline."""

from enum import StrEnum


class ItemKind(StrEnum):
    """What an item of the timeline is."""

    MILESTONE = "milestone"
    TASK = "task"
    SHOOT_DAY = "shoot-day"
    ENGAGEMENT = "engagement"
    PAYMENT = "payment"
    OPTION_WINDOW = "option-window"
    RELEASE_WINDOW = "release-window"
    DELIVERABLE = "deliverable"
    APPROVAL = "approval"
    SCREENING = "screening"
