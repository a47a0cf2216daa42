"""Every dated thing: its date, what moved it last, and its baseline."""

from tests.journey.naive.telling import Fact, Tables
from tests.journey.naive.timeline import deals, decisions, plan


def hear(tables: Tables, fact: Fact) -> None:
    """Changes the rows as one fact of any log says."""
    if fact.log == "schedule":
        plan.hear(tables, fact)
    elif fact.log == "contract" and "contract" in fact.says:
        deals.hear(tables, fact)
    else:
        decisions.hear(tables, fact)
