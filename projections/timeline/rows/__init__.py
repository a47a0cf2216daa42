"""The rows of the timeline. Each class is written by the facts of one log only.

`baseline` is what a date is measured against: of the schedule, what the last locked version said;
of a deal, what was first signed. `cause` is the fact that moved a date last, `reason` what was said
with it. Eighths of a page are whole numbers, amounts are in currency units.
"""
