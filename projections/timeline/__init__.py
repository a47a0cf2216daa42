"""What happens when, what has slipped, and what does it move?

Milestones, tasks and shoot days with their slack, engagements, payments, options, release windows,
deliverables, approvals and test screenings, in one list by date; beside it what conflicts, how far
the shoot is behind, and which overages are open.
"""
