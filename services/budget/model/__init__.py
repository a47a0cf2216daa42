"""The two kinds of stream of the budget room."""

from services.budget.model.costs import COSTS
from services.budget.model.plan import BUDGET

DECIDERS = (BUDGET, COSTS)
