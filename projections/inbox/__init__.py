"""What waits for whom, since when, why, and what does it block?

Approvals with whose turn it is, deals with the side that must move, plans that came back, and
reactions that were refused; for one production, or over all that the caller is on.
"""
