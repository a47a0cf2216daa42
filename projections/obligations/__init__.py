"""What is owed, by whom, to whom, until when?

Payments and deliverables of executed deals, offers that wait for an answer, options that lapse if
nobody takes them up, and release windows to honour.
"""
