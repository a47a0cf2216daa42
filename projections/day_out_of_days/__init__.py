"""Who works when?

The day out of days of the board that is shot by, with the dates that are expected now, or of any
other board as a what-if: for each element its first and last day, what it works, is held, idle or
dropped between them, and the trade's code for each date.
"""
