"""The files that a schedule comes in, each read as one command that records all of it."""

from services.schedule.files.uss import read_uss

__all__ = ["read_uss"]
