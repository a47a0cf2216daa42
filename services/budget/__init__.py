"""What a production plans to spend, has promised, has spent, and will need beyond its plan.

Streams and what never breaks in them, each one per production:

- `budget`, the plan: its currency, chart of accounts, lines and versions.
  Only a draft is edited. What is submitted, approved and locked is the same to the last digit:
  the content hash says so. Subtotals are rounded line by line, so that printed columns add up.
  An account belongs to one category. Only a locked budget is spread over shoot days, all of it.
- `costs`, what happened: commitments, postings, reversals, estimates and overages.
  What was promised is open, relieved or let go, nothing else, and never below zero. Nothing is
  edited: a wrong posting is reversed, and both stay readable. Costs never touch the plan. A
  forecast over the approved budget by the threshold is asked for once, and answered once.
"""
