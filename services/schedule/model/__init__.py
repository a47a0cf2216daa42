"""The one kind of stream of the schedule room."""

from services.schedule.model.schedule import SCHEDULE

DECIDERS = (SCHEDULE,)
