"""Explains figures: by which formula, of which values, and which facts stand behind them.

A projection says how its figures are made of one another and of its rows (`figures.py`); which
facts made the rows what they are is found by its own fold, told row by row.
"""
