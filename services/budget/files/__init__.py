"""The files that a production office holds, each read as one command that records all of it."""

from services.budget.files.budget import read_budget
from services.budget.files.costs import read_costs

__all__ = ["read_budget", "read_costs"]
