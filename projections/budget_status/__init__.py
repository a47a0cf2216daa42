"""Where does the money stand? Planned, approved, promised, spent, still to come, over or under.

Per account, category, production level and in total; for one production, or as a slate of all that
the caller is on. Formulas 13 to 20 of the trade's cost report, the overages that were forecast, and
the daily hot costs of formula 23 (see `docs/glossary.md`).
"""
