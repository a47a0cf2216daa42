"""What is shot when, and what the production is held to: boards, shoot days, dates.

Stream, one per production:

- `schedule`: elements, breakdowns and boards; the board that is shot by, with its dates; what was
  shot of it; milestones and tasks.
  Only a draft is edited. What is submitted, approved and locked is the same to the last date: the
  content hash says so. A locked version is the baseline that the shoot is measured against. A shoot
  day is wrapped once, a scene is shot once, and no two days still to be shot share a date.
  Milestones and tasks wait for one another, never in a circle.
"""
